"""A function's own checks of a secret, as far as they need no server and no other secret."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from rotators.generated.backend import GeneratedValues
from rotators.http_api_key.admin import check_form
from rotators.http_api_key.description.sources import Sources
from rotctl.offline.suite import Function
from shared.document.fields import Fields
from shared.document.form import read_text
from shared.errors import RotationError
from shared.keys.backend import ApiKeyBackend
from shared.protocol.contract import Ticket
from shared.strategies.database import DatabaseBackend

# Stands for an admin's secret, whose ARN no file has in it.
ADMIN_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf"
# A user whom that admin rotates.
_USER = {"username": "user", "password": "any", "masterarn": ADMIN_ARN}


class _AdminAsked(Exception):
    """All that is judged before was good."""


class _Ticket:
    """What of a rotation's ticket `create` uses; the secret's own region is not known."""

    secret_arn = ""

    def __init__(self, admin: Mapping[str, object] | None = None) -> None:
        self._admin = admin

    def read_secret(self, _arn: str, *, again: bool = False) -> Mapping[str, object]:
        del again
        if self._admin is None:
            raise _AdminAsked
        return self._admin

    def tags_of(self, _arn: str) -> Mapping[str, str]:
        return {}


def check_secret(function: Function, document: Mapping[str, object]) -> None:
    """Raises what createSecret would refuse of this secret by itself."""
    backend = function.backend
    credential = backend.parse(document)
    if isinstance(backend, ApiKeyBackend):
        backend.check_wishes(credential)  # its createSecret asks the issuer
    elif isinstance(backend, GeneratedValues):
        backend.check(credential)
    elif isinstance(backend, DatabaseBackend):
        with suppress(_AdminAsked):
            created = cast("Any", backend).create(credential, _ticket())
            backend.render(created)


def check_admin(function: Function, document: Mapping[str, object]) -> None:
    """Raises what createSecret would refuse of this admin's secret by itself."""
    backend = function.backend
    if isinstance(backend, ApiKeyBackend):
        check_form(document)
    elif isinstance(backend, DatabaseBackend):
        document = read_text(document, of="the admin's secret")
        if document.keys() == {"username", "password"}:  # RDS says where that one logs in
            document = {**document, "host": "localhost"}
        place = _place(document, default_port=backend.engine.default_port)
        user = backend.parse({**place, **_USER})
        backend.admins.login(user, _ticket(document))


def check_description(_function: Function, document: Mapping[str, object]) -> None:
    """Raises MalformedSecret with the place in the description."""
    Sources({}).of({"issuer": document})


def _place(admin: Mapping[str, object], *, default_port: int) -> Mapping[str, object]:
    """Where the admin's user is: at the admin's own server, or anywhere if that is wrong."""
    fields = Fields(admin)
    try:
        return {"host": fields.host("host"), "port": fields.port("port", default=default_port)}
    except RotationError:
        return {"host": "localhost"}


def _ticket(admin: Mapping[str, object] | None = None) -> Ticket[Any]:
    return cast("Ticket[Any]", _Ticket(admin))
