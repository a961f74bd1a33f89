"""What MySQL and MariaDB share: nearly all options, the login, and what stands in a new server."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from local.processes import children
from local.servers.certificates import Authority
from local.servers.home import Home, home
from local.servers.prefix import Recipe, prefix
from local.servers.server import HOST, Server, fill_version, new_server, server_from_environment
from shared.tls import verifying_context

SETTINGS = {
    "bind_address": HOST,
    "require_secure_transport": "ON",
    "tls_version": "TLSv1.2,TLSv1.3",
    "skip_name_resolve": "ON",
}
FAST = {
    "innodb_buffer_pool_size": "32M",
    "innodb_flush_log_at_trx_commit": "0",
    "innodb_flush_method": "nosync",
    "innodb_doublewrite": "OFF",
    "innodb_use_native_aio": "OFF",  # machines have few AIO slots, and many servers want them
}


@dataclass(frozen=True, slots=True)
class ServerKind:
    """How one of the two differs; `initialise` gets the command, home, log and first SQL."""

    engine: str
    version: str
    recipe: Recipe
    variable: str
    share: str
    settings: Mapping[str, str]
    initialise: Callable[[list[str], Home, Path, str], None]


@contextmanager
def serve(
    kind: ServerKind, folder: Path, authority: Authority, settings: Mapping[str, str] | None
) -> Iterator[Server]:
    """Run a server while the block runs, or yield the one that the kind's variable names."""
    if given := server_from_environment(kind.engine, kind.variable, 3306, ask):
        yield given
        return
    log = folder / f"{kind.engine}-{kind.version}.log"
    server = new_server(kind.engine, authority, log, database="app")
    with serve_as(kind, server, log, authority, settings or {}) as running_server:
        yield running_server


@contextmanager
def serve_as(
    kind: ServerKind, server: Server, log: Path, authority: Authority, settings: Mapping[str, str]
) -> Iterator[Server]:
    """Run this server, with its administrator and database, while the block runs."""
    files = prefix(kind.recipe)
    with home(log, authority) as place:
        command = _command(kind, files, place)
        kind.initialise(command, place, log, _first_sql(server))
        options = {**SETTINGS, "port": str(server.port), **kind.settings, **settings}
        with children.restartable(
            lambda: children.running(
                (*command, *(f"--{name}={value}" for name, value in options.items())),
                name=kind.recipe.title,
                log=log,
                ready=lambda: ask(server) is not None,
                **place.child(),
            )
        ) as restart:
            yield replace(fill_version(server, ask), restart=restart)


def login(server: Server) -> "Connection[Cursor]":
    """Log in as the administrator over verified TLS, in autocommit; within five seconds."""
    return pymysql.connect(
        host=server.host,
        port=server.port,
        user=server.admin,
        password=server.password,
        database=server.database or None,
        ssl=verifying_context(server.ca),
        connect_timeout=5,
        autocommit=True,
    )


def ask(server: Server) -> str | None:
    """The server's version, or None if it lets nobody in."""
    try:
        with login(server) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            row = cursor.fetchone()
            return str(row[0]) if row else None
    except pymysql.err.OperationalError:
        return None


def _command(kind: ServerKind, files: Path, place: Home) -> list[str]:
    """The program and its paths: it would otherwise look for them in the system's own places."""
    share = files / kind.share
    options: dict[str, Path | str] = {
        "basedir": files / "usr",
        "plugin_dir": files / "usr/lib/mysql/plugin",
        "lc_messages_dir": share,
        "character_sets_dir": share / "charsets",
        "datadir": place.data,
        "tmpdir": place.folder,  # one that starts removes what others have in a shared one
        "socket": place.folder / "socket",
        "pid_file": place.folder / "pid",
        "ssl_ca": place.ca,
        "ssl_cert": place.certificate.cert,
        "ssl_key": place.certificate.key,
        "general_log_file": place.log,  # the same log, for when general_log is set
        **FAST,
    }
    return [
        str(files / kind.recipe.server),
        "--no-defaults",
        *(f"--{name}={value}" for name, value in options.items()),
    ]


def _first_sql(server: Server) -> str:
    """One administrator who may log in over TCP, and one database.

    One statement a line, as `--init-file` wants; the password has nothing to quote.
    """
    user = f"'{server.admin}'@'%'"
    return (
        f"CREATE USER {user} IDENTIFIED BY '{server.password}';\n"
        f"GRANT ALL PRIVILEGES ON *.* TO {user} WITH GRANT OPTION;\n"
        f"CREATE DATABASE {server.database};\n"
    )
