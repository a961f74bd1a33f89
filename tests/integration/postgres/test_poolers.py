"""A real PgBouncer: rotations go through where it asks the server, else it is told what it is."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from local.servers import Server, pgbouncer, postgres
from local.servers.certificates import Authority
from local.servers.pgbouncer import Version
from rotators.postgres.engine import PostgresEngine
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.credentials import Login
from shared.errors import (
    Busy,
    Misconfigured,
    Rejected,
    RotationError,
    Unreachable,
)
from shared.patience import retried
from shared.secret import Secret
from shared.tls import DatabaseAuthorities
from tests.lab import Lab

POOLED = ("1.18", "1.24")
PASSWORD = "of-the-pooler's-file"


@pytest.fixture(params=POOLED)
def version(request: pytest.FixtureRequest) -> Version:
    version: Version = request.param
    return version


@pytest.mark.parametrize("pool_mode", ["session", "transaction"])
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (PostgresTarget, {}),
        (PostgresTarget, {"ADMIN_SETS_PASSWORD": "true"}),
        (PostgresTarget, {"SEND_PASSWORD_ITSELF": "true"}),
        (PostgresTarget, {"SHORT_GAP": "true"}),
        (PostgresAlternatingTarget, {}),
    ],
)
def test_a_pooler_that_asks_the_server_is_rotated_through(  # noqa: PLR0913, PLR0917 - fixtures
    lab: Lab,
    postgres_server: Server,
    authority: Authority,
    tmp_path: Path,
    version: Version,
    pool_mode: str,
    kind: type[PostgresTarget],
    settings: Mapping[str, str],
) -> None:
    with pgbouncer(
        tmp_path,
        authority,
        postgres_server,
        version=version,
        pool_mode=pool_mode,  # type: ignore[arg-type]
    ) as pooled:
        target = kind(pooled, f"pooled_{uuid.uuid4().hex[:8]}", settings)
        secret = lab.secret(target)
        for _ in range(3):
            before = secret.value()
            outcome = secret.rotate()
            assert outcome.state == "succeeded", outcome.error
            assert target.accepts(secret.value())
            assert target.accepts(before) is target.takes_turns


def login(server: Server, user: str, password: str = PASSWORD, dbname: str = "postgres") -> Login:
    return Login(user, Secret(password), server.host, server.port, dbname, True, {})  # noqa: FBT003 - tls


def test_a_pooler_is_told_from_the_server(
    postgres_server: Server, authority: Authority, tmp_path: Path, version: Version
) -> None:
    engine = PostgresEngine(DatabaseAuthorities(postgres_server.ca))
    with pgbouncer(tmp_path, authority, postgres_server, version=version) as pooled:
        for server, is_pooled in ((pooled, True), (postgres_server, False)):
            admin = login(server, server.admin, server.password)
            with engine.connect(admin) as session:
                assert session.is_pooled is is_pooled


@pytest.fixture
def user(postgres_server: Server) -> str:
    name = f"pooled_{uuid.uuid4().hex[:8]}"
    PostgresTarget(postgres_server, name)
    return name


@contextmanager
def refused(
    server: Server, as_user: Login, kind: type[RotationError], words: str
) -> Iterator[None]:
    """The login, or its first query, is refused so; afterwards the block goes on."""
    with (
        pytest.raises(kind) as caught,
        PostgresEngine(DatabaseAuthorities(server.ca)).connect(as_user) as session,
    ):
        session.ping()
    assert caught.value.code == kind.code, caught.value
    assert words in str(caught.value), caught.value
    assert "security groups" not in str(caught.value)
    yield


def test_who_is_not_in_its_file(
    postgres_server: Server, authority: Authority, tmp_path: Path, version: Version, user: str
) -> None:
    """It lets nobody find out which users it knows."""
    with (
        pgbouncer(
            tmp_path, authority, postgres_server, version=version, users={"another": PASSWORD}
        ) as pooled,
        refused(pooled, login(pooled, user), Rejected, "the pooler, not the server"),
    ):
        pass


def test_a_password_that_is_not_in_its_file(
    postgres_server: Server, authority: Authority, tmp_path: Path, version: Version, user: str
) -> None:
    with (
        pgbouncer(
            tmp_path, authority, postgres_server, version=version, users={user: PASSWORD}
        ) as pooled,
        refused(pooled, login(pooled, user, "another"), Rejected, "the pooler, not the server"),
    ):
        pass


def test_a_password_of_its_file_that_the_server_refuses(
    postgres_server: Server, authority: Authority, tmp_path: Path, version: Version, user: str
) -> None:
    """As after a rotation past the pooler: at first in the server's words, then in its own."""
    settings = {"server_login_retry": "60", "query_wait_timeout": "1"}
    with pgbouncer(
        tmp_path,
        authority,
        postgres_server,
        version=version,
        users={user: PASSWORD},
        settings=settings,
    ) as pooled:
        with refused(pooled, login(pooled, user), Rejected, "the server rejected the password"):
            pass
        with refused(pooled, login(pooled, user), Busy, "the pooler, not the server"):
            pass


def test_a_database_that_is_not_there(
    postgres_server: Server, authority: Authority, tmp_path: Path, version: Version
) -> None:
    with pgbouncer(tmp_path, authority, postgres_server, version=version) as pooled:
        admin = login(pooled, pooled.admin, pooled.password, "nowhere")
        with refused(pooled, admin, Misconfigured, "dbname"):
            pass


def test_no_connection_is_free(
    postgres_server: Server, authority: Authority, tmp_path: Path, version: Version
) -> None:
    settings = {"max_client_conn": "1"}
    with (
        pgbouncer(
            tmp_path, authority, postgres_server, version=version, settings=settings
        ) as pooled,
        ExitStack() as stack,
    ):
        admin = login(pooled, pooled.admin, pooled.password)
        engine = PostgresEngine(DatabaseAuthorities(pooled.ca))
        # It may not have noticed yet that who asked whether it is up has gone.
        retried(lambda: stack.enter_context(engine.connect(admin)), on=Busy, within=10)
        with refused(pooled, admin, Busy, "the pooler, not the server"):
            pass


def test_no_session_of_the_server_is_free(
    postgres_server: Server, authority: Authority, tmp_path: Path, version: Version
) -> None:
    settings = {"default_pool_size": "1", "query_wait_timeout": "1"}
    with pgbouncer(
        tmp_path, authority, postgres_server, version=version, settings=settings
    ) as pooled:
        admin = login(pooled, pooled.admin, pooled.password)
        with PostgresEngine(DatabaseAuthorities(pooled.ca)).connect(admin) as session:
            session.ping()
            with refused(pooled, admin, Busy, "the pooler, not the server"):
                pass


def test_it_gives_each_statement_another_session(
    postgres_server: Server, authority: Authority, tmp_path: Path, version: Version
) -> None:
    with pgbouncer(
        tmp_path, authority, postgres_server, version=version, pool_mode="statement"
    ) as pooled:
        admin = login(pooled, pooled.admin, pooled.password)
        with (
            PostgresEngine(DatabaseAuthorities(pooled.ca)).connect(admin) as session,
            pytest.raises(Misconfigured, match="each statement") as caught,
        ):
            session.set_password(Secret("never set"))
    assert "pool_mode" in caught.value.do


def test_no_session_comes_from_a_server_that_is_down(
    authority: Authority, tmp_path: Path, version: Version
) -> None:
    (folder := tmp_path / "server").mkdir()
    with postgres(folder, authority) as server:
        gone = replace(server)
    with pgbouncer(
        tmp_path,
        authority,
        gone,
        version=version,
        users={gone.admin: gone.password},
        settings={"query_wait_timeout": "1"},
    ) as pooled:
        admin = login(pooled, pooled.admin, pooled.password)
        with refused(pooled, admin, Busy, "the pooler, not the server"):
            pass


def test_it_lets_nobody_in_for_now(
    postgres_server: Server, authority: Authority, tmp_path: Path, version: Version
) -> None:
    settings = {"admin_users": postgres_server.admin}
    with pgbouncer(
        tmp_path, authority, postgres_server, version=version, settings=settings
    ) as pooled:
        admin = login(pooled, pooled.admin, pooled.password)
        with PostgresEngine(DatabaseAuthorities(pooled.ca)).connect(admin) as session:
            session.ping()  # so that it knows the database
            with psycopg.connect(
                host=pooled.host,
                port=pooled.port,
                user=pooled.admin,
                password=pooled.password,
                dbname="pgbouncer",
                sslmode="verify-full",
                sslrootcert=str(pooled.ca),
                autocommit=True,
                prepare_threshold=None,
            ) as console:
                psycopg.ClientCursor(console).execute("DISABLE postgres")
                with refused(pooled, admin, Unreachable, "pooler"):
                    pass
