"""A database's user as AWS names its fields, as the drivers name their arguments."""

import re
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from rotating.errors import MalformedSecret, RotatingError
from rotating.version import Hidden, Version

Arguments = dict[str, Any]
# Of a version, the driver's arguments: for secrets whose fields have other names.
Login = Callable[[Version], Mapping[str, Any]]

# As AWS's rotation functions know them, and their aliases at RDS.
_POSTGRES = ("postgres", "postgresql", "pgsql", "aurora-postgresql")
_MYSQL = ("mysql", "mysql2", "mariadb", "aurora-mysql")
# By these the caller says where the server is. With another `host`, such as a reader's, the port
# is still the secret's.
_PORTLESS = frozenset({"service", "unix_socket", "read_default_file"})
_PLACES = _PORTLESS | {"host"}
_PLACE = _PLACES | {"hostaddr", "port", "dbname", "database"}
_PORTS = 65536
_DIGITS = re.compile("[0-9]{1,5}")
# libpq reads no further than a zero; half of a pair cannot be sent, and the error would quote all.
_UNUSABLE = re.compile("[\0\ud800-\udfff]")
# Of PyMySQL, which still takes the older ones.
_NEWER_NAMES = {"db": "database", "passwd": "password"}


def libpq(version: Version, own: Mapping[str, Any], login: Login | None = None) -> Arguments:
    """The arguments of psycopg, the caller's own among them; TLS is verified unless they say other.

    Without `dbname`, the database is `postgres`, as for AWS's rotation functions: libpq would take
    the name of the user, which alternates. Raises MalformedSecret.
    """
    if login is None:
        read = _read(version, _POSTGRES, _said(own))
        read["dbname"] = _usable(version, "dbname", version.get("dbname", "postgres"))
    else:
        read = _given(version, login)
    return _merged({"sslmode": "verify-full", **read}, own)


def mysql(version: Version, own: Mapping[str, Any], login: Login | None = None) -> Arguments:
    """The arguments of PyMySQL, likewise."""
    own = _by_newer_names(own)
    if login is None:
        read = _read(version, _MYSQL, _said(own))
        if database := version.get("dbname"):
            read["database"] = _usable(version, "dbname", database)
    else:
        read = _by_newer_names(_given(version, login))
    merged = _merged(read, own)
    if isinstance(read.get("password"), str):
        # PyMySQL sends Latin-1, where the servers and the rotation have UTF-8.
        merged["password"] = Hidden(read["password"].encode().decode("latin-1"))
    return _verified(merged)


def place(own: Mapping[str, Any]) -> str:
    """What the caller's own arguments say of the place; empty where it is the secret's own."""
    said = _said(_by_newer_names(own))
    return " ".join(f"{name}={said[name]}" for name in sorted(_PLACE & said.keys()))


def _read(version: Version, engines: Sequence[str], own: Collection[str]) -> Arguments:
    """User and password; host and port where no argument of the caller's own says the place."""
    engine = version.get("engine", engines[0])
    if engine not in engines:
        raise MalformedSecret(
            f"the secret '{version.secret}' is of another engine than {engines[0]}", "engine"
        )
    read: Arguments = {"user": _required(version, "username")}
    read["password"] = _required(version, "password")
    if _PLACES.isdisjoint(own):
        read["host"] = _required(version, "host")
    if _PORTLESS.isdisjoint(own) and (port := version.get("port")):
        read["port"] = _port(version, port)
    return read


def _required(version: Version, field: str) -> str:
    return _usable(version, field, version[field])


def _usable(version: Version, field: str, value: str) -> str:
    if not value or _UNUSABLE.search(value):
        raise MalformedSecret(
            f"the secret '{version.secret}' has nothing usable in field '{field}'", field
        )
    return value


def _port(version: Version, port: str) -> int:
    if not (_DIGITS.fullmatch(port) and 0 < int(port) < _PORTS):
        raise MalformedSecret(f"the secret '{version.secret}' has no port in field 'port'", "port")
    return int(port)


def _merged(read: Mapping[str, Any], own: Mapping[str, Any]) -> Arguments:
    """The caller's own go first, but for user and password, which are of one read."""
    credential = {name: read[name] for name in ("user", "password") if name in read}
    others = {name: each for name, each in own.items() if name not in read} | _said(own)
    return {**read, **others, **credential}


def _said(own: Mapping[str, Any]) -> Arguments:
    """Without what says nothing."""
    return {name: each for name, each in own.items() if each is not None and each != ""}


def _by_newer_names(own: Mapping[str, Any]) -> Arguments:
    older = {newer: own[name] for name, newer in _NEWER_NAMES.items() if name in own}
    return {**older, **{name: each for name, each in own.items() if name not in _NEWER_NAMES}}


def _given(version: Version, login: Login) -> Arguments:
    """What the caller's own function reads; its error may quote what it could not read."""
    kind = ""
    try:
        read = login(version)
    except RotatingError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it may be
        kind = type(error).__name__
    if kind:  # not in the handler: the error that it quotes would be the context of this one
        raise MalformedSecret(
            f"the function given as login fails on the secret '{version.secret}': {kind}"
        )
    return {
        name: Hidden(_usable(version, name, each)) if isinstance(each, str) else each
        for name, each in _said(read).items()
    }


def _verified(own: Arguments) -> Arguments:
    """PyMySQL checks no name where it is given an authority alone, and nothing without one."""
    asked = (own.get("ssl_verify_cert"), own.get("ssl_verify_identity"))
    is_waived = any(each is not None and not each for each in asked)
    if is_waived or own.get("ssl") or own.get("ssl_disabled") or own.get("unix_socket"):
        return own
    context = ssl.create_default_context(cafile=own.get("ssl_ca"))
    if own.get("ssl_cert"):
        context.load_cert_chain(own["ssl_cert"], own.get("ssl_key"), own.get("ssl_key_password"))
    rest = {name: each for name, each in own.items() if not name.startswith("ssl")}
    return {**rest, "ssl": context}
