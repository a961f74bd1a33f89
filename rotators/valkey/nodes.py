"""The nodes of a secret: that of `host` and `port`, and those that `nodes` names beside it.

A server's users are on each of its nodes anew: they are not replicated.
"""

from collections.abc import Sequence

from rotators.valkey.connection import Place
from shared.credentials import Login
from shared.document.hosts import address_in, is_host_name, same_form
from shared.errors import MalformedSecret, TargetMismatch

FIELD = "nodes"
MOST = 100
_SHAPE = 'such as ["cache-2.example.com:6379"]'


def main_place(login: Login) -> Place:
    """Where a login is tried first, and changed last."""
    return Place(login.host, login.port, login.verified_host)


def other_places(login: Login) -> Sequence[Place]:
    """The other nodes, each once; raises MalformedSecret."""
    found: list[Place] = []
    for host, port in _written(login):
        place = Place(host, port, (login.tls and login.tls_host) or host)
        if (host, port) != (login.host, login.port) and place not in found:
            found.append(place)
    return found


def require_same_nodes(user: Login, admin: Login) -> None:
    """Raise TargetMismatch where the two secrets name other nodes.

    An admin's password goes to nodes that its own secret names: whoever may write the user's could
    otherwise have it sent anywhere.
    """
    ours, admins = (
        {(each.host, each.port) for each in other_places(login)} for login in (user, admin)
    )
    if ours != admins:
        raise TargetMismatch(
            f"valkey {user.address}: the admin's secret names other nodes than the user's",
            do=f"let '{FIELD}' of both secrets name the same ones",
            field=FIELD,
        )


def _written(login: Login) -> list[tuple[str, int]]:
    value = login.document.get(FIELD)
    if value is None:
        return []
    texts = value.split(",") if isinstance(value, str) else value
    if not isinstance(texts, list) or len(texts) > MOST:
        raise _refusal(f"must be a list of at most {MOST} nodes, {_SHAPE}")
    return [_parsed(each, login.port) for each in texts]


def _parsed(text: object, default_port: int) -> tuple[str, int]:
    if isinstance(text, str):
        text = text.strip()
        if address_in(text) is not None:  # an IPv6 address has colons of its own
            return same_form(text), default_port
        host, colon, port = text.rpartition(":")
        if not colon:
            host, port = text, str(default_port)
        host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
        is_port = port.isascii() and port.isdecimal() and len(port) < len("100000")
        is_host = address_in(host) is not None or is_host_name(host)
        if is_host and is_port and int(port) in range(1, 65536):
            return same_form(host), int(port)
    raise _refusal(f"has an entry that is not a host and a port, {_SHAPE}")


def _refusal(what: str) -> MalformedSecret:
    return MalformedSecret(
        f"field '{FIELD}' of the secret {what}",
        do=f"let '{FIELD}' name the server's nodes beside 'host' and 'port'",
        field=FIELD,
    )
