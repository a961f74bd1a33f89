"""What PostgreSQL refuses, and what a session was left with, told and met for what it is."""

import select

import psycopg
import pytest

from local.servers import Server
from rotators.postgres import connection as rotator
from rotators.postgres.errors import translate
from shared.errors import Forbidden, Misconfigured, Rejected, RotationError, Unreachable
from tests.integration.postgres.pairs import PostgresPair


@pytest.fixture
def pair(any_postgres_server: Server) -> PostgresPair:
    return PostgresPair(any_postgres_server)


def assert_provision_refused(pair: PostgresPair, kind: type[RotationError]) -> RotationError:
    with pytest.raises(kind) as caught:
        pair.provision(pair.clone)
    assert not pair.state(pair.clone)
    return caught.value


def test_a_name_that_the_server_keeps_for_itself(pair: PostgresPair) -> None:
    pair.app = "pg"
    pair.sql("CREATE ROLE pg LOGIN PASSWORD 'x'")
    pair.passwords["pg"] = "x"
    try:
        problem = assert_provision_refused(pair, Misconfigured)
    finally:
        pair.sql("DROP ROLE pg")
    assert problem.field == "username"
    assert "pg_" in problem.what


def stand_still(pair: PostgresPair) -> None:
    with pair.engine.connect(pair.login(pair.app)) as session, session.reading() as connection:
        select.select([connection.pgconn.socket], [], [], 30)  # till the server says so
        connection.execute("SELECT 1")


def test_a_function_that_stood_still_in_a_transaction(
    pair: PostgresPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda may stop one for a while: the server ends its session, and the next attempt mends."""
    monkeypatch.setattr(rotator, "STATEMENT_SECONDS", 1)
    with pytest.raises(Unreachable, match="25P03") as caught:
        stand_still(pair)
    assert caught.value.retryable


def test_a_superuser_needs_an_admin_who_is_one(pair: PostgresPair) -> None:
    pair.sql("ALTER ROLE {0} SUPERUSER", pair.app)
    pair.sql(assert_provision_refused(pair, Forbidden).do.partition(": ")[2])
    pair.rotate(pair.clone)
    pair.rotate(pair.app)


def test_an_admin_who_is_the_user(postgres_server: Server) -> None:
    pair = PostgresPair(postgres_server)
    pair.sql("ALTER ROLE {0} CREATEROLE", pair.app)
    admin, pair.admin = pair.admin, pair.app
    assert "masterarn" in assert_provision_refused(pair, Forbidden).do
    pair.admin = admin
    pair.rotate(pair.clone)


def test_a_password_that_is_not_valid_any_more(pair: PostgresPair) -> None:
    pair.sql("ALTER ROLE {0} VALID UNTIL '2001-01-01'", pair.app)
    with pytest.raises(Rejected) as caught, pair.engine.connect(pair.login(pair.app)):
        pass
    assert "VALID UNTIL" in caught.value.do


@pytest.mark.parametrize(
    "error", [psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege]
)
def test_what_has_more_than_one_reason_is_not_given_one(
    postgres_server: Server, error: type[psycopg.Error]
) -> None:
    pair = PostgresPair(postgres_server)
    text = str(translate(error(), pair.login(pair.app)))
    assert "replica" not in text
    assert "password" not in text


def test_a_role_that_may_not_read_the_catalogs(postgres_server: Server) -> None:
    pair = PostgresPair(postgres_server)
    pair.rotate(pair.clone)
    pair.sql("REVOKE SELECT ON pg_db_role_setting FROM public")
    try:
        with pytest.raises(Forbidden) as caught:
            pair.verify(pair.clone)
    finally:
        pair.sql("GRANT SELECT ON pg_db_role_setting TO public")
    assert "PUBLIC" in caught.value.do


def test_tables_and_types_that_a_session_was_left_with(pair: PostgresPair) -> None:
    """As a pooler's may be."""
    pair.rotate(pair.clone)
    login = pair.login(pair.clone)
    with pair.engine.connect(login) as session:
        with session.reading() as connection:
            connection.execute("CREATE TEMPORARY TABLE pg_roles (oid oid, rolname name)")
            connection.execute("CREATE TYPE pg_temp.text AS ENUM ('x')")
        session.verify_same_rights(login.twin)


def test_letters_of_other_alphabets_keep_their_case(postgres_server: Server) -> None:
    """In a setting without quotes, as the server stores it from a session."""
    pair = PostgresPair(postgres_server)
    with pair.raw(pair.app) as connection:
        connection.execute("SELECT set_config('search_path', 'ÄBC', false)")
        connection.execute("ALTER ROLE CURRENT_USER SET search_path FROM CURRENT")
    pair.rotate(pair.clone)
    rows = pair.run(pair.clone, "SELECT unnest(setconfig) FROM pg_db_role_setting"
                    " WHERE setrole = session_user::regrole")  # fmt: skip
    assert ('search_path="Äbc"',) in rows or ("search_path=Äbc",) in rows
