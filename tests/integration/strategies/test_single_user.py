"""What SingleUser's settings change: who sets the password, and when the old one ends."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg import sql

from local.servers import Server
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.engine import PostgresEngine
from rotators.postgres.session import PostgresSession
from rotators.postgres.testing import PostgresTarget
from shared.credentials import Login
from shared.errors import Busy, Forbidden, MalformedSecret, Misconfigured, Rejected, WrongStage
from shared.protocol.event import Step
from shared.strategies import SingleUser
from tests.conformance.suite import told_of_the_old
from tests.engines import SINGLE
from tests.lab import Lab, LabSecret

MYSQL = ("mariadb_server", "mysql_server")


def username() -> str:
    return f"single {uuid.uuid4().hex[:8]}"


# --- SHORT_GAP ---


def test_short_gap_promotes_in_setsecret_and_the_rest_finds_it_done(
    lab: Lab, postgres_server: Server
) -> None:
    secret = lab.secret(PostgresTarget(postgres_server, username(), {"SHORT_GAP": "true"}))
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
    assert secret.target.accepts(secret.value())
    before = secret.labels()
    secret.steps(event, Step.TEST, Step.FINISH)
    assert secret.labels() == before


def test_short_gap_puts_the_old_password_back_if_the_new_one_does_not_work(
    lab: Lab, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = PostgresTarget(postgres_server, username(), {"SHORT_GAP": "true"})
    secret = lab.secret(target)
    role = sql.Identifier(str(target.document["username"]))
    real = PostgresSession.set_password

    def set_password(self: PostgresSession, *passed: Any, **named: Any) -> None:  # noqa: ANN401
        real(self, *passed, **named)
        with target.admin() as admin:
            admin.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(role))

    monkeypatch.setattr(PostgresSession, "set_password", set_password)
    before = secret.value(), secret.holder("AWSCURRENT")
    event = secret.begin()
    with pytest.raises(Forbidden):
        secret.steps(event)
    with target.admin() as admin:
        admin.execute(sql.SQL("ALTER ROLE {} LOGIN").format(role))
    assert (secret.value(), secret.holder("AWSCURRENT")) == before
    assert secret.accepted_versions() == {before[1]}


def test_short_gap_rolls_forward_after_an_outage(lab: Lab, postgres_server: Server) -> None:
    target = PostgresTarget(postgres_server, username(), {"SHORT_GAP": "true"})
    secret = lab.secret(target)
    # The session that sets the password takes the one connection, so none is left to verify by.
    with target.admin() as admin:
        role = sql.Identifier(str(target.document["username"]))
        admin.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT 1").format(role))
    event = secret.begin()
    with pytest.raises(Busy):
        secret.steps(event)
    secret.steps(event)
    assert (
        secret.accepted_versions() == {secret.holder("AWSCURRENT")} == {event["ClientRequestToken"]}
    )


def test_short_gap_undoes_nothing_that_another_copy_has_promoted(
    lab: Lab, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = PostgresTarget(postgres_server, username(), {"SHORT_GAP": "true"})
    secret = lab.secret(target)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    real = PostgresEngine.connect
    fresh: list[bool] = []
    pending = secret.version(event["ClientRequestToken"])["password"]

    def connect(self: PostgresEngine, login: Login) -> Any:  # noqa: ANN401 - what it returns
        if login.password.reveal() == pending and not fresh:
            fresh.append(True)
            secret.step(event, Step.SET)  # the other copy
            raise Rejected("refused", do="only this once")
        return real(self, login)

    monkeypatch.setattr(PostgresEngine, "connect", connect)
    secret.step(event, Step.SET)
    assert (
        secret.accepted_versions() == {secret.holder("AWSCURRENT")} == {event["ClientRequestToken"]}
    )


@pytest.mark.parametrize("server", ["postgres_server", *MYSQL], indirect=True)
def test_a_copy_that_was_held_up_until_its_rotation_was_given_up_changes_nothing(
    lab: Lab, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.protocol.ticket.FRESH_SECONDS", 0)
    kind = SINGLE[server.engine]
    secret = lab.secret(kind(server, username()))
    event = secret.begin()
    secret.step(event, Step.CREATE)
    real = SingleUser.setter
    held_up: list[bool] = []

    def setter(self: SingleUser[Any], *arguments: Any) -> Any:  # noqa: ANN401 - passed on
        if not held_up:
            held_up.append(True)
            secret.abandon(event)
            assert secret.rotate().state == "succeeded"
        return real(self, *arguments)

    monkeypatch.setattr(SingleUser, "setter", setter)
    with pytest.raises(WrongStage):
        secret.step(event, Step.SET)
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


def test_short_gap_and_overlap_exclude_each_other(lab: Lab, mysql_server: Server) -> None:
    settings = {"SHORT_GAP": "true", "PASSWORD_OVERLAP": "true"}
    assert_misconfigured(lab.secret(MySQLTarget(mysql_server, username(), settings)), "SHORT_GAP")


# --- PASSWORD_OVERLAP ---


def test_overlap_is_refused_where_a_user_has_one_password(
    lab: Lab, postgres_server: Server
) -> None:
    settings = {"PASSWORD_OVERLAP": "true"}
    assert_misconfigured(
        lab.secret(PostgresTarget(postgres_server, username(), settings)), "PASSWORD_OVERLAP"
    )


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_without_the_right_to_two_passwords_it_warns_and_has_no_overlap(
    lab: Lab, server: Server, output: Callable[[], str]
) -> None:
    target = MySQLTarget(server, username(), {"PASSWORD_OVERLAP": "true"})
    secret = lab.secret(target)
    with without_rights(target):
        assert secret.rotate().state == "succeeded"
    log_lines = output()
    assert '"level":"WARNING"' in log_lines
    assert "PASSWORD_OVERLAP is not kept" in log_lines
    assert told_of_the_old(log_lines) == "it was replaced at setSecret"
    assert "GRANT" in log_lines
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_the_old_password_ends_at_the_next_rotation(lab: Lab, server: Server) -> None:
    secret = lab.secret(MySQLTarget(server, username(), {"PASSWORD_OVERLAP": "true"}))
    first = secret.holder("AWSCURRENT")
    second = secret.rotate().version_id
    assert secret.accepted_versions() == {first, second}
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    assert secret.accepted_versions() == {second, event["ClientRequestToken"]}


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_the_old_password_ends_at_finishsecret(
    lab: Lab, server: Server, output: Callable[[], str]
) -> None:
    settings = {"PASSWORD_OVERLAP": "true", "OLD_PASSWORD_ENDS": "on-finish"}
    secret = lab.secret(MySQLTarget(server, username(), settings))
    first = secret.holder("AWSCURRENT")
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET, Step.TEST)
    assert secret.accepted_versions() == {first, event["ClientRequestToken"]}
    secret.step(event, Step.FINISH)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}
    assert told_of_the_old(output()) == "it was ended at finishSecret"


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_a_crash_right_after_the_promotion_does_not_leave_the_old_password(
    lab: Lab, server: Server
) -> None:
    settings = {"PASSWORD_OVERLAP": "true", "OLD_PASSWORD_ENDS": "on-finish"}
    secret = lab.secret(MySQLTarget(server, username(), settings))
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET, Step.TEST)
    secret.move_label("AWSCURRENT", event["ClientRequestToken"])
    secret.steps(event)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_a_stale_finishsecret_ends_nothing_of_the_next_rotation(lab: Lab, server: Server) -> None:
    settings = {"PASSWORD_OVERLAP": "true", "OLD_PASSWORD_ENDS": "on-finish"}
    secret = lab.secret(MySQLTarget(server, username(), settings))
    first = secret.begin()
    secret.steps(first)
    second = secret.begin()
    secret.steps(second, Step.CREATE, Step.SET)
    secret.step(first, Step.FINISH)
    assert secret.accepted_versions() == {first["ClientRequestToken"], second["ClientRequestToken"]}


@pytest.mark.parametrize("server", MYSQL, indirect=True)
@pytest.mark.parametrize("admin", ["true", "false"])
def test_an_abandoned_overlap_never_costs_the_current_password(
    lab: Lab, server: Server, admin: str
) -> None:
    settings = {"PASSWORD_OVERLAP": "true", "ADMIN_SETS_PASSWORD": admin}
    secret = lab.secret(MySQLTarget(server, username(), settings))
    current = secret.holder("AWSCURRENT")
    for _ in range(3):
        event = secret.begin()
        secret.steps(event, Step.CREATE, Step.SET)
        secret.step(event, Step.SET)
        assert secret.accepted_versions() == {current, event["ClientRequestToken"]}
        secret.abandon(event)
    assert secret.rotate().state == "succeeded"
    assert current in secret.accepted_versions()


def test_an_unknown_end_is_refused(lab: Lab, mysql_server: Server) -> None:
    settings = {"PASSWORD_OVERLAP": "true", "OLD_PASSWORD_ENDS": "never"}
    assert_misconfigured(
        lab.secret(MySQLTarget(mysql_server, username(), settings)), "OLD_PASSWORD_ENDS"
    )


# --- ADMIN_SETS_PASSWORD ---


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_a_user_that_may_not_change_its_password_is_rotated_by_the_admin(
    lab: Lab, server: Server
) -> None:
    alone = lab.secret(MySQLTarget(server, username()))
    by_admin = lab.secret(MySQLTarget(server, username(), {"ADMIN_SETS_PASSWORD": "true"}))
    assert isinstance(alone.target, MySQLTarget)
    with alone.target.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL read_only = 1")  # for all but administrators
        try:
            assert alone.rotate().state == "failed"
            outcome = by_admin.rotate()
        finally:
            cursor.execute("SET GLOBAL read_only = 0")
    assert outcome.state == "succeeded", outcome.error


def test_the_admin_changes_nothing_for_a_user_that_did_not_prove_itself(
    lab: Lab, postgres_server: Server
) -> None:
    victim = PostgresTarget(postgres_server, username(), {"ADMIN_SETS_PASSWORD": "true"})
    forged = lab.secret(_Forged(victim))
    event = forged.begin()
    forged.step(event, Step.CREATE)
    with pytest.raises(Rejected, match="every stored password"):
        forged.step(event, Step.SET)
    assert victim.accepts(victim.document)


def test_without_masterarn_the_field_is_named(lab: Lab, postgres_server: Server) -> None:
    settings = {"ADMIN_SETS_PASSWORD": "true"}
    secret = lab.secret(PostgresTarget(postgres_server, username(), settings))
    document = secret.value()
    del document["masterarn"]
    secret.store(document)
    with pytest.raises(MalformedSecret, match="'masterarn'"):
        secret.step(secret.begin(), Step.CREATE)


def assert_misconfigured(secret: LabSecret, variable: str) -> None:
    """The first step fails, naming the function's variable."""
    with pytest.raises(Misconfigured) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == variable


class _Forged(PostgresTarget):
    """A secret that names somebody else's user, with a guess for a password."""

    def __init__(self, victim: PostgresTarget) -> None:
        vars(self).update(vars(victim))
        self.document = {**victim.document, "password": "a guess"}


@contextmanager
def without_rights(target: MySQLTarget) -> Iterator[None]:
    """The account as most are: it may log in and change its own password."""
    with target.admin() as connection, connection.cursor() as cursor:
        account = (target.document["username"],)
        cursor.execute("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@'%%'", account)
        yield
