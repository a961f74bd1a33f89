"""A new password that the server refuses, or that it is sent itself; and in no log either way."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import pytest
from psycopg import sql

from local.servers import Server, postgres
from local.servers.certificates import Authority
from rotators.postgres import connection as rotator
from rotators.postgres.passwords import NewPassword
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.errors import (
    Busy,
    Forbidden,
    Misconfigured,
    RejectedByPolicy,
    RotationError,
    Unreachable,
)
from shared.protocol.event import Step
from tests.failing import fail_to_alter
from tests.faults.leaks import forms
from tests.lab import Event, Lab, LabSecret

ITSELF = {"SEND_PASSWORD_ITSELF": "true"}
# All that a server can be told to write down, but for what the function refuses to work with.
LOGS = {
    "shared_preload_libraries": "credcheck,pg_stat_statements,auto_explain",
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_min_error_statement": "debug5",
    "log_error_verbosity": "verbose",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_lock_waits": "on",
    "deadlock_timeout": "20ms",
    "log_statement_stats": "off",
    "log_duration": "on",
    "debug_print_parse": "on",
    "debug_print_rewritten": "on",
    "debug_print_plan": "on",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_verbose": "on",
    "pg_stat_statements.track_utility": "on",
    "track_activity_query_size": "65536",
    "credcheck.encrypted_password_allowed": "on",  # until the test's own users are made
}


@pytest.fixture(scope="module")
def checking(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Server]:
    """A server with credcheck, which writes down all that it can."""
    with postgres(tmp_path_factory.mktemp("checking"), authority, settings=LOGS) as server:
        yield server


@contextmanager
def refusing(target: PostgresTarget, *settings: LiteralString) -> Iterator[None]:
    """While the server has these settings of credcheck, or refuses verifiers as is its default."""
    chosen = settings or ("credcheck.encrypted_password_allowed = off",)
    for setting in chosen:
        target._set(sql_of("ALTER SYSTEM SET " + setting))
    try:
        yield
    finally:
        for setting in chosen:
            target._set(sql_of("ALTER SYSTEM RESET " + setting.partition(" =")[0]))


def sql_of(words: LiteralString) -> LiteralString:
    return words


def username() -> str:
    return f"sent_{uuid.uuid4().hex[:8]}"


def secrets_on(lab: Lab, server: Server, **settings: str) -> list[LabSecret]:
    """One of every strategy that a PostgreSQL user has."""
    return [
        lab.secret(PostgresTarget(server, username(), settings)),
        lab.secret(PostgresTarget(server, username(), {**settings, "ADMIN_SETS_PASSWORD": "true"})),
        lab.secret(PostgresTarget(server, username(), {**settings, "SHORT_GAP": "true"})),
        lab.secret(PostgresAlternatingTarget(server, username(), settings)),
    ]


def set_secret_fails(
    secret: LabSecret, kind: type[RotationError], event: Event | None = None
) -> RotationError:
    """The rotation's setSecret fails so, and AWSCURRENT is accepted still."""
    event = event or secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(kind) as caught:
        secret.step(event, Step.SET)
    assert caught.value.code == kind.code
    assert secret.target.accepts(secret.value())
    return caught.value


def test_a_refused_verifier_is_the_servers_rules(lab: Lab, checking: Server) -> None:
    target = PostgresTarget(checking, username())
    for secret in secrets_on(lab, checking):
        with refusing(target):
            problem = set_secret_fails(secret, RejectedByPolicy)
        assert "SQLSTATE" in problem.what
        assert "SEND_PASSWORD_ITSELF" in problem.do
        assert secret.holder("AWSPENDING") is None
        assert secret.rotate().state == "succeeded"  # there is nothing to be cancelled


STATES = {
    "28000": RejectedByPolicy,
    "0A000": RejectedByPolicy,
    "XX000": RejectedByPolicy,
    "22023": RejectedByPolicy,
    "P0001": RejectedByPolicy,
    "42501": Forbidden,
    "55P03": Busy,
    "40001": Busy,
    "53200": Busy,
    "57014": Busy,
    "57P03": Unreachable,
    "08006": Unreachable,
}


@pytest.mark.parametrize("state", STATES)
def test_what_else_the_statement_is_refused_with_is_too(
    lab: Lab, postgres_server: Server, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """As hosted servers do, by hooks of their own; here the server is told to."""
    refuse = sql.SQL("DO {}").format(
        sql.Literal(f"BEGIN RAISE EXCEPTION 'the canary' USING ERRCODE = '{state}'; END")
    )
    monkeypatch.setattr(NewPassword, "statement", lambda _self, _connection: refuse)
    secret = lab.secret(PostgresTarget(postgres_server, username()))
    problem = set_secret_fails(secret, STATES[state])
    assert state in problem.what
    assert "canary" not in str(problem)


@pytest.mark.parametrize("state", ["28000", "0A000", "XX000"])
def test_so_is_what_commit_is_refused_with(
    lab: Lab, postgres_server: Server, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """As Neon does: by a constraint that is checked only then."""
    target, table = PostgresTarget(postgres_server, username()), f"late_{uuid.uuid4().hex[:8]}"
    body = f"BEGIN RAISE EXCEPTION 'late' USING ERRCODE = '{state}'; END"
    with target.admin() as admin:
        for words in (
            "CREATE TABLE public.{0} (i int)",
            "GRANT INSERT ON public.{0} TO PUBLIC",
            "CREATE FUNCTION public.{0}() RETURNS trigger LANGUAGE plpgsql AS {1}",
            (
                "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON public.{0} DEFERRABLE"
                " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.{0}()"
            ),
        ):
            admin.execute(sql.SQL(words).format(sql.Identifier(table), sql.Literal(body)))
    real = NewPassword.statement

    def statement(self: NewPassword, connection: rotator.Connection) -> sql.Composed:
        connection.execute(
            sql.SQL("INSERT INTO public.{} VALUES (1)").format(sql.Identifier(table))
        )
        return real(self, connection)

    monkeypatch.setattr(NewPassword, "statement", statement)
    problem = set_secret_fails(lab.secret(target), RejectedByPolicy)
    assert state in problem.what


def test_what_the_servers_rules_want_the_secret_asks_for_as_it_is_told(
    lab: Lab, checking: Server
) -> None:
    target = PostgresTarget(checking, username(), ITSELF)
    secret = lab.secret(target)
    with refusing(target, "credcheck.password_min_length = 64"):
        problem = set_secret_fails(secret, RejectedByPolicy)
        assert "PASSWORD_LENGTH" in problem.do
        assert "in small letters in 'rotation' of the secret" in problem.do
        secret.store({**secret.value(), "rotation": {"password_length": 64}})
        outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert target.accepts(secret.value())


def test_no_log_has_a_password_that_was_sent_itself(
    lab: Lab, checking: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole, twice at once, refused, and while another session holds the role."""
    monkeypatch.setattr(rotator, "LOCK_SECONDS", 1)
    target = PostgresTarget(checking, username())
    secrets = secrets_on(lab, checking, **ITSELF)
    with target.admin() as admin:
        admin.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    for secret in secrets:
        with refusing(target):
            outcome = secret.rotate()
            assert outcome.state == "succeeded", outcome.error
            event = secret.begin()
            for step in Step:
                secret.twice_at_once(event, step)
        with refusing(target, "credcheck.password_min_length = 99"):
            problem = set_secret_fails(secret, RejectedByPolicy)
        assert "SEND_PASSWORD_ITSELF" not in problem.do
        secret.abandon(fail_to_alter(secret, target))
    with target.admin() as admin:
        statements = admin.execute("SELECT query FROM pg_stat_statements").fetchall()
        activity = admin.execute("SELECT query FROM pg_stat_activity").fetchall()
    assert checking.log is not None
    log = checking.log.read_bytes()
    assert log.count(b"COPY") > len(secrets)  # what is searched is really the log
    assert b"the new password was refused" in log
    assert log.count(b"debug_print_parse") + log.count(b"parse tree") > 0
    places = (log, str(statements).encode(), str(activity).encode())
    for secret in secrets:
        first = str(vars(secret.target)["document"]["password"])
        made = secret.values() - {first}
        assert len(made) >= 3
        for value in made:
            assert not any(form in place for form in forms(value) for place in places)


def test_a_password_is_not_sent_itself_without_tls(
    lab: Lab, tmp_path: Path, authority: Authority
) -> None:
    settings = {**ITSELF, "ALLOW_UNENCRYPTED": "true"}
    with postgres(tmp_path, authority) as server:
        target = PostgresTarget(server, username(), settings)
        with target.admin() as admin:
            ((hba,),) = admin.execute("SHOW hba_file").fetchall()
            Path(str(hba)).write_text("host all all 127.0.0.1/32 scram-sha-256\n")
            admin.execute("SELECT pg_reload_conf()")
        secret = lab.secret(target, ssl=False)
        problem = set_secret_fails(secret, Misconfigured)
    assert problem.field == "SEND_PASSWORD_ITSELF"
    assert "TLS" in problem.what


WRITERS = {
    "pg_stat_statements.track": "'all'",
    "log_min_messages": "'debug5'",
    "log_parser_stats": "'on'",
    "log_planner_stats": "'on'",
    "log_executor_stats": "'on'",
}


@pytest.mark.parametrize("setting", WRITERS)
@pytest.mark.parametrize("admin_sets", ["true", "false"])
def test_a_server_that_would_write_it_down_is_kept_from_it(
    lab: Lab, checking: Server, setting: str, admin_sets: str
) -> None:
    target = PostgresTarget(checking, username(), {**ITSELF, "ADMIN_SETS_PASSWORD": admin_sets})
    secret = lab.secret(target)
    user = checking.admin if admin_sets == "true" else str(target.document["username"])
    words = sql.SQL("ALTER ROLE {} SET {} TO " + WRITERS[setting]).format(
        sql.Identifier(user), sql.Identifier(setting)
    )
    with target.admin() as admin:
        admin.execute(words)
        try:
            event = secret.begin()
            problem = set_secret_fails(secret, Misconfigured, event)
            assert problem.field == "SEND_PASSWORD_ITSELF"
            admin.execute(problem.do.partition(": ")[2].encode())
            secret.steps(event)
        finally:
            admin.execute(sql.SQL("ALTER ROLE {} RESET ALL").format(sql.Identifier(user)))


def test_a_user_that_may_make_no_temporary_table(lab: Lab, postgres_18_server: Server) -> None:
    target = PostgresTarget(postgres_18_server, username(), ITSELF)
    secret = lab.secret(target)
    with target.admin() as admin:
        admin.execute("REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC")
        try:
            event = secret.begin()
            problem = set_secret_fails(secret, Forbidden, event)
            admin.execute(problem.do.partition(": ")[2].encode())
            secret.steps(event)
        finally:
            admin.execute("GRANT TEMPORARY ON DATABASE postgres TO PUBLIC")


@pytest.mark.parametrize("name", ["with $change$ and 'quotes'", 'a "name" \\ %s', "пользователь"])
def test_a_name_and_a_password_of_any_characters(
    lab: Lab, any_postgres_server: Server, name: str
) -> None:
    name = f"{name} {uuid.uuid4().hex[:8]}"
    settings = {**ITSELF, "EXCLUDE_CHARACTERS": " "}
    secret = lab.secret(PostgresTarget(any_postgres_server, name, settings))
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
        assert secret.target.accepts(secret.value())
