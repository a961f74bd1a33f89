"""A crash at any statement, two copies at once, and half of the rights: never a user with less."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.servers import Server, postgres
from local.servers.certificates import Authority
from rotators.postgres import connection as rotator
from shared.errors import Busy, Forbidden, Rejected, RejectedByPolicy, TargetMismatch, Unreachable
from shared.secret import Secret
from tests.faults.leaks import forms
from tests.integration.postgres.pairs import PostgresPair

LOGS = {
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_min_error_statement": "debug5",
    "log_parameter_max_length_on_error": "-1",
    "log_error_verbosity": "verbose",
    "shared_preload_libraries": "pg_stat_statements",
    "track_activity_query_size": "65536",
}


class StatementCrash(BaseException):
    """The function ends here, as by a kill: nothing catches it."""


def rich(pair: PostgresPair) -> PostgresPair:
    """An original with something of everything."""
    for change in (
        "CREATEDB CREATEROLE CONNECTION LIMIT 9 VALID UNTIL '2099-01-01'",
        "SET search_path = 'a b', public",
        "IN DATABASE postgres SET work_mem = '5MB'",
    ):
        pair.sql("ALTER ROLE {0} " + change, pair.app)
    return pair


@contextmanager
def before_statement(number: int, do: Callable[[Any], None]) -> Iterator[list[str]]:
    """Run `do` in place of, or before, that statement of the rotator; yields those that ran."""
    original = psycopg.Cursor.execute
    seen: list[str] = []

    def execute(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - psycopg's own
        if isinstance(cursor.connection, rotator.BoundedConnection):
            seen.append(query if isinstance(query, str) else query.as_string(cursor))
            if len(seen) == number:
                do(cursor.connection)
        return original(cursor, query, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", execute)
        yield seen


def void(_: object) -> None:
    """Only for what it did."""


def die(connection: rotator.BoundedConnection) -> None:
    connection.pgconn.finish()
    raise StatementCrash


def test_a_crash_before_any_statement(either_postgres_server: Server) -> None:
    crash_before_every_statement(either_postgres_server, lambda _: die)


def test_the_server_ends_the_session_before_any_statement(postgres_server: Server) -> None:
    def terminate(pair: PostgresPair) -> Callable[[rotator.BoundedConnection], None]:
        end = "SELECT pg_terminate_backend({}, 5000)"
        return lambda connection: void(pair.sql(end.format(connection.info.backend_pid)))

    crash_before_every_statement(postgres_server, terminate)


def crash_before_every_statement(
    server: Server, crash: Callable[[PostgresPair], Callable[[rotator.BoundedConnection], None]]
) -> None:
    for number in itertools.count(1):
        pair = rich(PostgresPair(server))
        password = f"password-{number}"
        with before_statement(number, crash(pair)) as seen:
            try:
                pair.provision(pair.clone, password=password)
            except (StatementCrash, Unreachable):
                assert len(seen) == number
            else:
                break
        _assert_nothing_or_all(pair, password)
        pair.provision(pair.clone, password=password)
        pair.verify(pair.clone)
    assert number > 15


def _assert_nothing_or_all(pair: PostgresPair, password: str) -> None:
    pair.passwords[pair.clone] = password
    try:
        pair.verify(pair.clone)
    except (Rejected, TargetMismatch):
        return
    assert pair.state(pair.clone)[0][0].count("2099-01-01")


@pytest.mark.parametrize(
    "undo",
    [
        "REVOKE {0} FROM {1}",
        "GRANT {0} TO {1} WITH ADMIN OPTION",
        "ALTER ROLE {1} RESET role",
        "ALTER ROLE {1} RESET search_path",
        "ALTER ROLE {1} IN DATABASE postgres RESET work_mem",
        "ALTER ROLE {1} IN DATABASE postgres SET role = 'none'",
        "ALTER ROLE {1} NOCREATEDB",
        "ALTER ROLE {1} NOCREATEROLE",
        "ALTER ROLE {1} CONNECTION LIMIT 3",
        "ALTER ROLE {1} VALID UNTIL '2098-01-01'",
    ],
)
def test_defect_2_less_than_everything_is_refused_and_healed(
    either_postgres_server: Server, undo: str
) -> None:
    pair = rich(PostgresPair(either_postgres_server))
    pair.rotate(pair.clone)
    pair.run(pair.admin, undo, pair.app, pair.clone)
    with pytest.raises(TargetMismatch):
        pair.verify(pair.clone)
    pair.provision(pair.clone, proves_ownership=lambda: True)
    pair.verify(pair.clone)


@pytest.mark.parametrize("option", ["INHERIT", "SET"])
def test_a_membership_without_its_options_is_refused_and_healed(
    postgres_server: Server, option: str
) -> None:
    pair = PostgresPair(postgres_server)
    pair.rotate(pair.clone)
    pair.run(pair.admin, "GRANT {0} TO {1} WITH " + option + " FALSE", pair.app, pair.clone)
    with pytest.raises(TargetMismatch):
        pair.verify(pair.clone)
    pair.rotate(pair.clone)


@pytest.mark.parametrize("first", [True, False])
def test_two_copies_at_once(either_postgres_server: Server, first: bool) -> None:
    pair = rich(PostgresPair(either_postgres_server))
    if not first:
        pair.rotate(pair.clone)
    twin = pair.clone if first else pair.app
    for _ in range(5):
        password = f"password-{uuid.uuid4()}"
        with ThreadPoolExecutor(2) as pool:
            copies = [pool.submit(pair.provision, twin, password=password) for _ in range(2)]
            for copy in copies:
                copy.result()
        pair.verify(twin)


def test_two_copies_reassign_at_once(either_postgres_server: Server) -> None:
    pair = PostgresPair(either_postgres_server)
    pair.rotate(pair.clone)
    pair.sql("GRANT CREATE ON DATABASE postgres TO {0}", pair.app)
    pair.sql("CREATE SCHEMA {0} AUTHORIZATION {0}", pair.clone)
    with ThreadPoolExecutor(2) as pool:
        copies = [pool.submit(pair.provision, pair.app, password="same") for _ in range(2)]
        for copy in copies:
            copy.result()
    pair.verify(pair.app)


def test_a_lock_that_another_session_holds(
    either_postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotator, "LOCK_SECONDS", 1)
    pair = PostgresPair(either_postgres_server)
    pair.rotate(pair.clone)
    with pair.raw(pair.admin) as admin, admin.transaction():
        admin.execute(f'ALTER ROLE "{pair.app}" CONNECTION LIMIT 9')
        with pytest.raises(Busy):
            pair.provision(pair.app)
    pair.rotate(pair.app)


def test_the_admin_sets_the_password(either_postgres_server: Server) -> None:
    """Whatever the admin's own settings are."""
    pair = PostgresPair(either_postgres_server)
    pair.sql("CREATE ROLE {0}", f"{pair.app}_other")
    for setting in (
        "default_transaction_read_only = on",
        "default_transaction_isolation = serializable",
        f"role = {pair.app}_other",
        "search_path = 'nowhere'",
    ):
        pair.sql("ALTER ROLE {0} SET " + setting, pair.admin)
    with (
        pair.engine.connect(pair.login(pair.app)) as session,
        pair.engine.connect(pair.login(pair.admin)) as admin,
    ):
        session.set_password(Secret("set by the admin"), by=admin)
    pair.passwords[pair.app] = "set by the admin"
    pair.rotate(pair.clone)
    pair.rotate(pair.app)


def test_rules_of_the_server(tmp_path: Path, authority: Authority) -> None:
    """The one rule that its own module can hold against a verifier."""
    with postgres(tmp_path, authority, settings={"shared_preload_libraries": "passwordcheck"}) as s:
        pair = PostgresPair(s)
        with pair.engine.connect(pair.login(pair.app)) as session:
            with pytest.raises(RejectedByPolicy) as caught:
                session.set_password(Secret(pair.app))
            assert caught.value.field == "PASSWORD_LENGTH"
        with pytest.raises(RejectedByPolicy):
            pair.provision(pair.clone, password=pair.clone)
        pair.rotate(pair.clone)


def test_defect_4_no_password_is_in_a_log(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotator, "LOCK_SECONDS", 1)
    made = []
    with postgres(tmp_path, authority, settings=LOGS) as server:
        pair = rich(PostgresPair(server))
        pair.sql("CREATE EXTENSION pg_stat_statements")
        for twin in (pair.clone, pair.app) * 2:
            pair.rotate(twin)
            made.append(pair.passwords[twin])
        failed = f"password-{uuid.uuid4()}"
        with pair.raw(pair.admin) as admin, admin.transaction():
            admin.execute(f'ALTER ROLE "{pair.clone}" CONNECTION LIMIT 9')
            with pytest.raises(Busy) as caught:
                pair.provision(pair.clone, password=failed)
        pair.sql("ALTER ROLE {0} SET role = 'postgres'", pair.admin)
        made.append(failed)
        logged = str(pair.sql("SELECT query FROM pg_stat_statements")).encode()
        logged += str(pair.sql("SELECT query FROM pg_stat_activity")).encode()
        assert server.log is not None
        logged += server.log.read_bytes() + str(caught.value).encode()
    assert logged.count(b"SCRAM-SHA-256$") > 4  # what is searched is really the log
    assert b"lock timeout" in logged
    for password in made:
        assert not [form for form in forms(password) if form in logged]


def test_a_secret_that_switches_tls_off(postgres_server: Server) -> None:
    """The test's servers take no connection without TLS: so it is seen that there was none."""
    pair = PostgresPair(postgres_server)
    login = pair.login(pair.app)
    plain = type(login)(login.username, login.password, login.host, login.port, None, False, {})  # noqa: FBT003 - tls
    with pytest.raises(Forbidden) as caught, pair.engine.connect(plain):
        pass
    assert "pg_hba.conf has no entry" in caught.value.what
