"""MariaDB 10.11 and 11.8: two passwords at a time with `IDENTIFIED VIA ... OR ...`."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

from local.processes import children
from local.servers.certificates import Authority
from local.servers.home import Home
from local.servers.mysql.family import ServerKind, serve
from local.servers.prefix import prefix
from local.servers.prefix.debian import DebianPackage
from local.servers.server import Server

Version: TypeAlias = Literal["10.11", "11.8"]
SUITES: Mapping[Version, str] = {"10.11": "bookworm", "11.8": "trixie"}
SHARES: Mapping[Version, str] = {"10.11": "usr/share/mysql", "11.8": "usr/share/mariadb"}
PROGRAM = "usr/sbin/mariadbd"
SETTINGS = {"skip_log_bin": "ON"}
# What mariadb-install-db would feed it; that is a shell script that wants other programs.
SYSTEM_TABLES = (
    "*_system_tables.sql",
    "*_performance_tables.sql",
    "*_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "*_sys_schema.sql",
)
BEFORE = """\
CREATE DATABASE mysql;
USE mysql;
SET @skip_auth_anonymous=1;
SET @auth_root_socket=NULL;
"""
# The tables come with a root of four hosts, one the machine's name, and no password. A bootstrap
# begins without grant tables, so accounts can only be made once they are read.
BETWEEN = """
DELETE FROM mysql.global_priv WHERE User = 'root';
DELETE FROM mysql.proxies_priv WHERE User = 'root';
FLUSH PRIVILEGES;
"""


def recipe(version: Version) -> DebianPackage:
    """Where Debian has this version."""
    # Not mariadb-server-core, which lacks the plugins (ed25519, PARSEC).
    title = f"MariaDB {version}"
    return DebianPackage(title, SUITES[version], "mariadb-server", PROGRAM, PROGRAM)


def mariadb(
    folder: Path,
    authority: Authority,
    *,
    version: Version = "10.11",
    settings: Mapping[str, str] | None = None,
) -> AbstractContextManager[Server]:
    """Run MariaDB while the block runs, or yield the server that TEST_MARIADB_DSN names.

    Its log is mariadb-<version>.log in `folder`; `settings` become options, after ours.
    """
    return serve(kind(version), folder, authority, settings)


def kind(version: Version) -> ServerKind:
    """How this MariaDB differs from others and from MySQL."""
    return ServerKind(
        engine="mariadb",
        version=version,
        recipe=recipe(version),
        variable="TEST_MARIADB_DSN",
        share=SHARES[version],
        settings=SETTINGS,
        initialise=partial(_initialise, version),
    )


def _initialise(version: Version, command: list[str], place: Home, log: Path, sql: str) -> None:
    """Make the data directory from the package's own SQL, then run `sql`."""
    share = prefix(recipe(version)) / SHARES[version]
    tables = "".join(next(share.glob(name)).read_text() for name in SYSTEM_TABLES)
    first = place.write("first.sql", BEFORE + tables + BETWEEN + sql)
    with first.open("rb") as stdin:
        children.finish(
            (*command, "--bootstrap", "--max_allowed_packet=8M"),
            log=log,
            name="mariadbd --bootstrap",
            **place.child(stdin=stdin),
        )
    first.unlink()
