"""RabbitMQ's management API, asked for the truth; none of `rotators` is in it.

Source: RabbitMQ documentation, "HTTP API Reference".
"""

from base64 import b64encode
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import urllib3

from local.network import api
from local.network.api import Reply, UnexpectedAnswerError
from local.servers.server import Server

MADE = (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)


def call(
    server: Server, method: str, path: str, login: tuple[str, str], body: object = None
) -> Reply:
    """Send one request as a user; see `api.ask`."""
    proof = b64encode(":".join(login).encode()).decode()  # RabbitMQ's names are UTF-8
    url = f"https://{server.host}:{server.port}/api{path}"
    headers = {"Authorization": f"Basic {proof}", "Content-Type": "application/json"}
    return api.ask(method, url, server.ca, headers, body)


def version_of(server: Server) -> str | None:
    """RabbitMQ's version, or None if it does not let its administrator in."""
    try:
        reply = call(server, "GET", "/overview", (server.admin, server.password))
    except (urllib3.exceptions.HTTPError, ValueError):
        return None
    return str(reply.document["rabbitmq_version"]) if reply.status == HTTPStatus.OK else None


def set_user(
    server: Server, name: str, password: str, *, tags: str | Sequence[str] = "management"
) -> None:
    """Make a user, or give one this password and these tags."""
    put(server, user(name), {"password": password, "tags": tags})


def put(server: Server, path: str, body: object) -> None:
    """Make or change something as the administrator; raises UnexpectedAnswerError."""
    status = call(server, "PUT", path, (server.admin, server.password), body).status
    if status not in MADE:
        raise UnexpectedAnswerError(f"RabbitMQ answered HTTP {status} to a change")


def get(server: Server, path: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """What the administrator reads there; raises UnexpectedAnswerError."""
    reply = call(server, "GET", path, (server.admin, server.password))
    if reply.status != HTTPStatus.OK:
        raise UnexpectedAnswerError(f"RabbitMQ answered HTTP {reply.status} to a question")
    return reply.document


def user(name: str) -> str:
    """The path of a user."""
    return f"/users/{quote(name, safe='')}"


def permit(server: Server, name: str) -> None:
    """Let a user do all in the virtual host `/`, as an application's does."""
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    put(server, f"/permissions/%2f/{quote(name, safe='')}", everything)


def lets_in(server: Server, name: str, password: str) -> bool:
    """Whether this is the user's password; raises UnexpectedAnswerError if it does not say."""
    reply = call(server, "GET", "/whoami", (name, password))
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return False
    if reply.status != HTTPStatus.OK or reply.document["name"] != name:
        raise UnexpectedAnswerError(f"RabbitMQ answered HTTP {reply.status} to 'who am I'")
    return True
