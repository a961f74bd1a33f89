"""What is known of a running issuer, and how to ask it for the truth without `rotators`.

The API is JupyterHub's; source: JupyterHub documentation, "REST API".
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local.network import api
from local.network.api import Reply, UnexpectedAnswerError

REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A running issuer: `url` is the API's base, `admin` the key that manages every owner's."""

    url: str
    admin: str = field(repr=False)
    owner: str
    other_owner: str
    ca: Path
    log: Path


def ask(
    issuer: Issuer, method: str, path: str, key: str | None = None, body: object = None
) -> Reply:
    """Send one request as the holder of a key; see `api.ask`."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return api.ask(method, issuer.url + path, issuer.ca, headers, body)


def accepts(issuer: Issuer, key: str) -> bool:
    """Tell whether the issuer accepts the key; raises UnexpectedAnswerError if it does not say."""
    status = ask(issuer, "GET", "/user", key).status
    if status in REFUSED:
        return False
    _expect(status, HTTPStatus.OK)
    return True


def issue(issuer: Issuer, note: str, **wish: object) -> tuple[str, str]:
    """Have the admin issue a key to the owner; its id and its value.

    wish: `scopes` and `expires_in`; without, the key inherits its owner's rights, and stays.
    """
    reply = ask(issuer, "POST", tokens(issuer.owner), issuer.admin, {"note": note, **wish})
    _expect(reply.status, HTTPStatus.CREATED)
    return str(reply.document["id"]), str(reply.document["token"])


def listed(issuer: Issuer, key_id: str) -> dict[str, Any]:
    """An accepted key of the owner as the issuer lists it."""
    reply = ask(issuer, "GET", tokens(issuer.owner), issuer.admin)
    _expect(reply.status, HTTPStatus.OK)
    return next(dict(key) for key in reply.document["api_tokens"] if key["id"] == key_id)


def key_ids(issuer: Issuer) -> set[str]:
    """The ids of the owner's accepted keys."""
    reply = ask(issuer, "GET", tokens(issuer.owner), issuer.admin)
    _expect(reply.status, HTTPStatus.OK)
    return {str(key["id"]) for key in reply.document["api_tokens"]}


def tokens(owner: str) -> str:
    """The path of an owner's keys."""
    return f"/users/{quote(owner, safe='')}/tokens"


def _expect(status: int, wanted: HTTPStatus) -> None:
    if status != wanted:
        raise UnexpectedAnswerError(f"the issuer answered HTTP {status} instead of {wanted.value}")
