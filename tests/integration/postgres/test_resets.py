"""What poolers do to a session leaves a clone acting as its original, or testSecret says so."""

from pathlib import Path
from typing import Literal, LiteralString

import pytest

from local.servers import Server, pgbouncer
from local.servers.certificates import Authority
from rotators.postgres.effective import effective_roles
from shared.errors import TargetMismatch
from tests.integration.postgres.pairs import PostgresPair

MENDED = [f"postgres{version}_server" for version in ("_14", "_15", "_16", "", "_18")]
RESETS: tuple[LiteralString, ...] = (
    "DISCARD ALL",
    "SET SESSION AUTHORIZATION DEFAULT",
    "RESET SESSION AUTHORIZATION",
    "RESET ROLE",
    "RESET ALL",
)
PoolMode = Literal["session", "transaction"]


@pytest.mark.parametrize("server", MENDED, indirect=True)
@pytest.mark.parametrize("reset", RESETS)
def test_a_poolers_reset_leaves_the_clone_acting_as_the_original(
    server: Server, reset: LiteralString
) -> None:
    pair = PostgresPair(server)
    pair.rotate(pair.clone)
    with pair.raw(pair.clone) as connection:
        connection.execute(reset)
        assert connection.execute("SELECT current_user::text").fetchall() == [(pair.app,)]


@pytest.mark.parametrize("server", ["postgres_16_4_server"], indirect=True)
def test_where_it_does_not_testsecret_names_the_release_that_mends_it(server: Server) -> None:
    pair = PostgresPair(server)
    pair.provision(pair.clone)
    with pytest.raises(TargetMismatch, match="DISCARD ALL") as caught:
        pair.verify(pair.clone)
    assert "16.4" in caught.value.what
    assert "16.5" in caught.value.do
    pair.rotate(pair.app)  # nothing is in the way of the original


@pytest.mark.parametrize("server", ["postgres_11_server"], indirect=True)
def test_where_no_release_mends_it_a_warning_says_so(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    pair = PostgresPair(server)
    pair.rotate(pair.clone)
    assert "DISCARD ALL" in caplog.text
    assert "no release of PostgreSQL 11 mends it" in caplog.text


@pytest.mark.parametrize("server", ["postgres_16_4_server", "postgres_server"], indirect=True)
def test_the_proof_leaves_the_session_as_it_was(server: Server) -> None:
    """A pooler goes on with it."""
    pair = PostgresPair(server)
    pair.provision(pair.clone)
    login = pair.login(pair.clone)
    with pair.engine.connect(login) as session, session.reading() as connection:
        connection.execute("SET SESSION statement_timeout = '54s'")
    with pair.engine.connect(login) as session:
        with session.reading() as connection:
            before = effective_roles(connection)
        try:
            session.verify_same_rights(login.twin)
        except TargetMismatch:
            assert "16.4" in server.version
        with session.reading() as connection:
            assert effective_roles(connection) == before


@pytest.mark.parametrize("pool_mode", ["session", "transaction"])
def test_it_is_proved_through_a_pooler(
    postgres_server: Server, authority: Authority, tmp_path: Path, pool_mode: PoolMode
) -> None:
    pair = PostgresPair(postgres_server)
    with pgbouncer(tmp_path, authority, postgres_server, pool_mode=pool_mode) as pooled:
        pair.server = pooled
        pair.rotate(pair.clone)
        pair.rotate(pair.app)
