"""MariaDB 10.11: two passwords at a time with `IDENTIFIED VIA ... OR ...`."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from local.processes import children
from local.servers.certificates import Authority
from local.servers.home import Home
from local.servers.mysql.family import ServerKind, serve
from local.servers.packages import Recipe, prefix
from local.servers.server import Server

# Not mariadb-server-core, which lacks the plugins (ed25519).
RECIPE = Recipe("MariaDB", "bookworm", "mariadb-server", "usr/sbin/mariadbd", "usr/sbin/mariadbd")
SETTINGS = {"skip_log_bin": "ON"}
# What mariadb-install-db would feed it; that is a shell script that wants other programs.
SYSTEM_TABLES = (
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "mysql_sys_schema.sql",
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


def mariadb(
    folder: Path, authority: Authority, *, settings: Mapping[str, str] | None = None
) -> AbstractContextManager[Server]:
    """Run MariaDB while the block runs, or yield the server that TEST_MARIADB_DSN names.

    Its log is mariadb.log in `folder`; `settings` become options, after ours.
    """
    kind = ServerKind("mariadb", RECIPE, "TEST_MARIADB_DSN", SETTINGS, _initialise)
    return serve(kind, folder, authority, settings)


def _initialise(command: list[str], place: Home, log: Path, sql: str) -> None:
    """Make the data directory from the package's own SQL, then run `sql`."""
    share = prefix(RECIPE) / "usr/share/mysql"
    tables = "".join((share / name).read_text() for name in SYSTEM_TABLES)
    first = place.write("first.sql", BEFORE + tables + BETWEEN + sql)
    with first.open("rb") as stdin:
        children.finish(
            (*command, "--bootstrap", "--max_allowed_packet=8M"),
            log=log,
            name="mariadbd --bootstrap",
            **place.child(stdin=stdin),
        )
    first.unlink()
