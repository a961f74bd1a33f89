"""What the three engines share: the answer, the private data directory, a caller's own server."""

import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from local.processes.children import free_port
from local.servers.certificates import Authority

HOST = "127.0.0.1"  # not a name, as clients written in C take "localhost" for a Unix socket
ADMIN = "admin"
# Nothing of the caller's, such as a PGDATA; and not the machine's OpenSSL settings, which may name
# modules that the prefix's OpenSSL cannot load.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "OPENSSL_CONF": "/dev/null"}


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on `host`:`port` over TLS verified against `ca`.

    `version` is the server's own words; `log` and `restart` are None for a caller's own server.
    """

    engine: str
    version: str
    host: str
    port: int
    admin: str
    password: str = field(repr=False)
    database: str
    ca: Path
    log: Path | None
    restart: Callable[[], None] | None = field(default=None, repr=False, compare=False)


S = TypeVar("S", bound=Server)


def new_server(
    engine: str, authority: Authority, log: Path, *, database: str = "", version: str = ""
) -> Server:
    """One that is to be started, at a free port; its password has nothing that SQL would quote."""
    return Server(
        engine=engine,
        version=version,
        host=HOST,
        port=free_port(),
        admin=ADMIN,
        password=secrets.token_urlsafe(24),
        database=database,
        ca=authority.ca,
        log=log,
    )


def fill_version(server: S, ask: Callable[[S], str | None]) -> S:
    """The same server with its version filled in; raises ConnectionError if it lets nobody in."""
    version = ask(server)
    if version is None:
        raise ConnectionError(
            f"cannot log in to {server.engine} as {server.admin} at {server.host}:{server.port} "
            "over verified TLS; check address, password and certificate authority"
        )
    return replace(server, version=version)


def write_bundle(authority: Authority, folder: Path) -> Path:
    """A PEM file with our authority, and those of the caller's own servers, if there are any."""
    given = [dsn for name, dsn in os.environ.items() if re.fullmatch(r"TEST_\w+_DSN", name) and dsn]
    authorities = [path for dsn in given for path in _authorities(dsn)]
    bundle = folder / "trusted.pem"
    bundle.write_bytes(b"".join(path.read_bytes() for path in (authority.ca, *authorities)))
    return bundle


def _authorities(dsn: str) -> list[Path]:
    query = parse_qs(urlsplit(dsn).query)
    return [Path(path) for path in query.get("sslrootcert", query.get("ssl_ca", []))]


def server_from_environment(
    engine: str, variable: str, default_port: int, ask: Callable[[Server], str | None]
) -> Server | None:
    """The server whose URL is in this environment variable, or None if there is none.

    `scheme://admin:password@host:port/database?sslrootcert=/ca.pem` (or `ssl_ca=`); what is
    missing is a ValueError that names the variable and does not repeat the URL.
    """
    if not (given := os.environ.get(variable)):
        return None
    url = urlsplit(given)
    authorities = _authorities(given)
    if not (url.hostname and url.username and url.password and authorities):
        raise ValueError(
            f"{variable} must be scheme://admin:password@host:port/database?sslrootcert=/ca.pem"
        )
    server = Server(
        engine=engine,
        version="",
        host=url.hostname,
        port=url.port or default_port,
        admin=unquote(url.username),
        password=unquote(url.password),
        database=unquote(url.path.lstrip("/")),
        ca=authorities[0],
        log=None,
    )
    return fill_version(server, ask)
