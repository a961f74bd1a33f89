"""RabbitMQ's management API, asked for the truth; none of `rotators` is in it.

Source: RabbitMQ documentation, "HTTP API Reference".
"""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import urllib3

from local.servers.server import Server

SECONDS = 10.0
MADE = (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)


class UnexpectedAnswerError(RuntimeError):
    """A status that means neither yes nor no; the body is left out."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, and the JSON that came with it (None where there was none)."""

    status: int
    document: Any = field(repr=False)


def call(
    server: Server, method: str, path: str, login: tuple[str, str], body: object = None
) -> Reply:
    """Send one request as a user, over a connection of its own.

    Raises urllib3's HTTPError where there is no answer within ten seconds a read.
    """
    proof = b64encode(":".join(login).encode()).decode()  # RabbitMQ's names are UTF-8
    headers = {"Authorization": f"Basic {proof}", "Connection": "close"}
    with urllib3.PoolManager(ca_certs=str(server.ca), timeout=SECONDS, retries=False) as http:
        answer = http.request(
            method,
            f"https://{server.host}:{server.port}/api{path}",
            body=None if body is None else json.dumps(body),
            headers=headers,
            redirect=False,
        )
    return Reply(answer.status, json.loads(answer.data) if answer.data else None)


def version_of(server: Server) -> str | None:
    """RabbitMQ's version, or None if it does not let its administrator in."""
    try:
        reply = call(server, "GET", "/overview", (server.admin, server.password))
    except (urllib3.exceptions.HTTPError, ValueError):
        return None
    return str(reply.document["rabbitmq_version"]) if reply.status == HTTPStatus.OK else None


def set_user(server: Server, name: str, password: str, *, tags: str = "management") -> None:
    """Make a user, or give one this password and these tags."""
    body = {"password": password, "tags": tags}
    path = f"/users/{quote(name, safe='')}"
    status = call(server, "PUT", path, (server.admin, server.password), body).status
    if status not in MADE:
        raise UnexpectedAnswerError(f"RabbitMQ answered HTTP {status} to a new password")


def lets_in(server: Server, name: str, password: str) -> bool:
    """Whether this is the user's password; raises UnexpectedAnswerError if it does not say."""
    reply = call(server, "GET", "/whoami", (name, password))
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return False
    if reply.status != HTTPStatus.OK or reply.document["name"] != name:
        raise UnexpectedAnswerError(f"RabbitMQ answered HTTP {reply.status} to 'who am I'")
    return True
