"""PgBouncer before a PostgreSQL server, over TLS to both sides.

Source: PgBouncer documentation, "Configuration".
"""

import signal
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

from local.processes import children
from local.servers.certificates import Authority
from local.servers.home import Home, home
from local.servers.postgres import postgres
from local.servers.prefix import prefix
from local.servers.prefix.debian import DebianPackage
from local.servers.server import HOST, Server

Version: TypeAlias = Literal["1.18", "1.24"]
SUITES: Mapping[Version, str] = {"1.18": "bookworm", "1.24": "trixie"}
# What ends it at once, whoever is connected: since 1.23 SIGTERM waits for the clients, and before
# that SIGQUIT is ignored.
ENDS: Mapping[Version, signal.Signals] = {"1.18": signal.SIGTERM, "1.24": signal.SIGQUIT}
PROGRAM = "usr/sbin/pgbouncer"
CONFIG = "pgbouncer.ini"
USERS = "userlist.txt"
SERVERS_CA = "server.pem"
SETTINGS = {
    "listen_addr": HOST,
    "unix_socket_dir": "",
    "auth_type": "scram-sha-256",
    "client_tls_sslmode": "require",
    "server_tls_sslmode": "verify-full",
    "log_stats": "0",
}


def recipe(version: Version) -> DebianPackage:
    """Where Debian has this version."""
    return DebianPackage(f"PgBouncer {version}", SUITES[version], "pgbouncer", PROGRAM, PROGRAM)


@contextmanager
def pgbouncer(  # noqa: PLR0913 - each is one independent choice, all but three have a default
    folder: Path,
    authority: Authority,
    server: Server,
    *,
    version: Version = "1.24",
    pool_mode: Literal["session", "transaction", "statement"] = "session",
    users: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run PgBouncer before `server` while the block runs: the same server at another port.

    users: the password, or SCRAM verifier, of each user that it knows (auth_file), read whenever
    it starts; without them it asks the server for any user's (auth_query).
    Its log is pgbouncer.log in `folder`; `settings` go to pgbouncer.ini, after ours.
    """
    program = prefix(recipe(version)) / PROGRAM
    log = folder / "pgbouncer.log"
    with home(log, authority) as place:
        pooled = replace(server, port=children.free_port(), log=log)
        extra = {"pool_mode": pool_mode, **(settings or {})}
        if users is None:
            extra["auth_user"] = server.admin  # who may read pg_shadow
        place.write(SERVERS_CA, server.ca.read_text())
        config = place.write(CONFIG, _config(place, server, pooled.port, extra))

        def run() -> AbstractContextManager[object]:
            known = {server.admin: server.password} if users is None else users
            place.write(USERS, _userlist(known))
            return children.running(
                (program, config),
                name=f"PgBouncer {version}",
                log=log,
                ready=lambda: children.listening(pooled.port),
                stop_signal=ENDS[version],
                **place.child(),
            )

        with children.restartable(run) as restart:
            yield replace(pooled, restart=restart)


@contextmanager
def pooled_postgres(
    folder: Path, authority: Authority, *, version: Version = "1.24"
) -> Iterator[Server]:
    """Run PostgreSQL 17 and PgBouncer before it, which asks it for passwords.

    Their logs are in a folder of their own, as another PostgreSQL 17 may run beside this one.
    """
    folder /= f"pgbouncer-{version}"
    with (
        postgres(folder, authority) as server,
        pgbouncer(folder, authority, server, version=version) as pooled,
    ):
        yield pooled


def _config(place: Home, server: Server, port: int, extra: Mapping[str, str]) -> str:
    options = {
        **SETTINGS,
        "listen_port": str(port),
        "auth_file": str(place.folder / USERS),
        "client_tls_key_file": str(place.certificate.key),
        "client_tls_cert_file": str(place.certificate.cert),
        "server_tls_ca_file": str(place.folder / SERVERS_CA),
        **extra,
    }
    lines = "".join(f"{name} = {value}\n" for name, value in options.items())
    where = f"host={server.host} port={server.port}"
    return f"[databases]\n* = {where}\n[pgbouncer]\n{lines}"


def _userlist(users: Mapping[str, str]) -> str:
    """One user a line; a quote within a name or a password is doubled."""
    quoted = ([word.replace('"', '""') for word in user] for user in users.items())
    return "".join(f'"{name}" "{password}"\n' for name, password in quoted)
