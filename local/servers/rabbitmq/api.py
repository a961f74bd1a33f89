"""RabbitMQ's management API, asked for the truth; none of `rotators` is in it.

Source: RabbitMQ documentation, "HTTP API Reference".
"""

from base64 import b64encode
from http import HTTPStatus
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
    return api.ask(method, url, server.ca, {"Authorization": f"Basic {proof}"}, body)


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
