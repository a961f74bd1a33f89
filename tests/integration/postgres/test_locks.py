"""Other sessions in the way of a PostgreSQL rotation, and a rotation in the way of others."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg import sql

from local.servers import Server
from rotators.postgres import connection as rotator
from shared.errors import Busy
from shared.secret import Secret
from tests.integration.postgres.pairs import INITIAL, PostgresPair

ADVISORY = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"


@pytest.fixture
def pair(either_postgres_server: Server) -> PostgresPair:
    return PostgresPair(either_postgres_server)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end


def waits(pair: PostgresPair, what: str) -> Callable[[], object]:
    """Whether a session of the rotator waits for a lock with that in its statement."""
    return lambda: pair.sql(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'secret-rotation'"
        " AND wait_event_type = 'Lock' AND strpos(query, {0}) > 0",
        sql.Literal(what),
    )


def test_a_lock_that_any_role_may_hold_stops_nobody(
    pair: PostgresPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor two copies at once, for which the lock is."""
    monkeypatch.setattr(rotator, "LOCK_SECONDS", 1)
    with pair.raw(pair.app) as stranger:
        for user in (pair.app, pair.clone):
            stranger.execute(ADVISORY, [user])
        for twin in (pair.clone, pair.app, pair.clone):
            with ThreadPoolExecutor(2) as pool:
                copies = [pool.submit(pair.provision, twin, password="same") for _ in range(2)]
                for copy in copies:
                    copy.result()
            pair.verify(twin)


def test_the_same_role_is_changed_through_another_database(pair: PostgresPair) -> None:
    """Where the lock is another one: the second of them finds the role changed."""
    with (
        pair.raw(pair.admin) as other,
        pair.engine.connect(pair.login(pair.app)) as session,
        ThreadPoolExecutor(1) as pool,
    ):
        with other.transaction():
            other.execute(f'ALTER ROLE "{pair.app}" CONNECTION LIMIT 9')
            copy = pool.submit(session.set_password, Secret("new"))
            until(waits(pair, "ALTER ROLE"))
        copy.result()
    pair.passwords[pair.app] = "new"
    pair.run(pair.app, "SELECT 1")


def test_a_table_in_use_is_not_waited_for(pair: PostgresPair) -> None:
    """Whoever wants to read it would wait behind the rotation."""
    pair.sql("GRANT CREATE ON SCHEMA public TO public")
    pair.run(pair.admin, f"CREATE ROLE {{0}} LOGIN PASSWORD '{INITIAL}'", pair.clone)
    pair.run(pair.admin, "GRANT {0} TO {1}", pair.app, pair.clone)
    pair.passwords[pair.clone] = INITIAL
    table = sql.SQL("SELECT * FROM {}").format(sql.Identifier(pair.app))
    pair.run(pair.clone, "CREATE TABLE {0} (i int)", pair.app)
    with pair.raw(pair.clone) as report, pair.raw(pair.clone) as reader:
        reader.execute("SET lock_timeout = '2s'")
        with ThreadPoolExecutor(1) as pool, report.transaction():
            report.execute(table)
            rotation = pool.submit(pair.provision, pair.app, password="new")
            until(lambda: waits(pair, "REASSIGN")() or rotation.done())
            reader.execute(table)
            with pytest.raises(Busy):
                rotation.result()
    pair.rotate(pair.app)
    pair.run(pair.app, "DROP TABLE {0}", pair.app)


def test_a_role_in_a_hurry_is_given_the_time(pair: PostgresPair) -> None:
    for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        pair.sql("ALTER ROLE {0} SET " + setting + " = '200ms'", pair.app)
    with (
        pair.engine.connect(pair.login(pair.app)) as session,
        session.reading() as connection,
    ):
        connection.execute("SELECT pg_sleep(0.4)")
