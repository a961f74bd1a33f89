"""PgBouncer lets in whom its file or the server knows, over verified TLS to both sides."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import psycopg
import pytest

from local.servers import Server, pgbouncer
from local.servers.certificates import Authority
from local.servers.pgbouncer import Version
from local.servers.postgres import ask, login

USER, PASSWORD = 'a "pooled" user', 'pass"word'
Mode = Literal["session", "transaction", "statement"]


@pytest.fixture
def user(postgres_server: Server) -> Iterator[Server]:
    """The server, as a user of its own."""
    with login(postgres_server) as admin:
        admin.execute(f"CREATE ROLE {_quoted()} LOGIN PASSWORD '{PASSWORD}'".encode())
        yield replace(postgres_server, admin=USER, password=PASSWORD)
        admin.execute(f"DROP ROLE {_quoted()}".encode())


def _quoted() -> str:
    return '"' + USER.replace('"', '""') + '"'


def verifier(server: Server) -> str:
    with login(server) as admin:
        query = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
        (found,) = admin.execute(query, [USER]).fetchone() or ("",)
    return str(found)


@pytest.mark.parametrize("version", get_args(Version))
@pytest.mark.parametrize("mode", ["session", "transaction", "statement"])
def test_whoever_the_server_knows_gets_in(  # noqa: PLR0913, PLR0917 - four are fixtures
    version: Version,
    mode: Mode,
    user: Server,
    postgres_server: Server,
    tmp_path: Path,
    authority: Authority,
) -> None:
    with pgbouncer(tmp_path, authority, postgres_server, version=version, pool_mode=mode) as pooled:
        assert ask(pooled) == postgres_server.version
        assert ask(replace(user, port=pooled.port)) == postgres_server.version
        assert ask(replace(user, port=pooled.port, password="another")) is None
        with login(pooled) as admin:
            own = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert admin.execute(own).fetchone() == (True,)
    # By its signal, and not killed in the end.
    assert "fast exit" in (tmp_path / "pgbouncer.log").read_text()


@pytest.mark.parametrize("version", get_args(Version))
@pytest.mark.parametrize("kind", ["password", "verifier"])
def test_whoever_the_file_knows_gets_in_and_nobody_else(  # noqa: PLR0913, PLR0917 - as above
    version: Version,
    kind: str,
    user: Server,
    postgres_server: Server,
    tmp_path: Path,
    authority: Authority,
) -> None:
    users: dict[str, str] = {}
    with pgbouncer(tmp_path, authority, postgres_server, version=version, users=users) as pooled:
        assert ask(replace(user, port=pooled.port)) is None
        users[USER] = PASSWORD if kind == "password" else verifier(postgres_server)
        assert pooled.restart is not None
        pooled.restart()
        assert ask(replace(user, port=pooled.port)) == postgres_server.version
        assert ask(pooled) is None  # the server's own administrator


def test_plain_tcp_and_another_authority_are_refused(
    postgres_server: Server, tmp_path: Path, authority: Authority
) -> None:
    with pgbouncer(tmp_path, authority, postgres_server) as pooled:
        plain = f"host={pooled.host} port={pooled.port} user=x dbname=x sslmode=disable"
        with pytest.raises(psycopg.OperationalError, match="SSL required"):
            psycopg.connect(plain)
        assert ask(replace(pooled, ca=Authority(tmp_path / "other").ca)) is None


def test_a_server_of_another_authority_is_not_trusted(
    postgres_server: Server, tmp_path: Path, authority: Authority
) -> None:
    other = replace(postgres_server, ca=Authority(tmp_path / "other").ca)
    patience = {"query_wait_timeout": "1"}
    with pgbouncer(tmp_path, authority, other, settings=patience) as pooled:
        assert ask(replace(pooled, ca=authority.ca)) is None
