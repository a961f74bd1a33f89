"""MySQL 9: caching_sha2_password only, and two passwords at a time (RETAIN CURRENT PASSWORD)."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from local.processes import children
from local.servers.certificates import Authority
from local.servers.home import Home
from local.servers.mysql.family import ServerKind, serve
from local.servers.prefix.debian import DebianPackage
from local.servers.server import Server

# Debian has MySQL in sid only; the package is the server alone, without its service's scripts.
RECIPE = DebianPackage("MySQL", "sid", "mysql-server-core", "usr/sbin/mysqld", "usr/sbin/mysqld")
SETTINGS = {
    "mysqlx": "OFF",  # a second protocol on a second port, on every interface
    "disable_log_bin": "ON",
    "secure_file_priv": "NULL",  # its folder for files is one of the system's
    "auto_generate_certs": "OFF",
    "caching_sha2_password_auto_generate_rsa_keys": "OFF",  # passwords travel over TLS alone
}

DROP_ROOT = "DROP USER 'root'@'localhost';\n"


def mysql(
    folder: Path, authority: Authority, *, settings: Mapping[str, str] | None = None
) -> AbstractContextManager[Server]:
    """Run MySQL while the block runs, or yield the server that TEST_MYSQL_DSN names.

    Its log is mysql-9.log in `folder`; `settings` become options, after ours.
    """
    return serve(kind(), folder, authority, settings)


def kind() -> ServerKind:
    """How MySQL differs from MariaDB."""
    return ServerKind(
        engine="mysql",
        version="9",
        recipe=RECIPE,
        variable="TEST_MYSQL_DSN",
        share="usr/share/mysql",
        settings=SETTINGS,
        initialise=_initialise,
    )


def _initialise(command: list[str], place: Home, log: Path, sql: str) -> None:
    """Make the data directory; "insecure" is root's empty password, so root goes."""
    first = place.write("first.sql", DROP_ROOT + sql)
    children.finish(
        (*command, "--initialize-insecure", f"--init-file={first}"),
        log=log,
        name="mysqld --initialize-insecure",
        **place.child(),
    )
    first.unlink()
