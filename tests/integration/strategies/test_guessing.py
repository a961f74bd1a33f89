"""How many stored passwords are tried on a server that may count what it refuses."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from local.servers import Server
from local.targets import Target
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from shared.errors import LockedOut, Rejected
from shared.protocol.event import Step
from tests.engines import ALTERNATING, SINGLE, change_by_hand
from tests.integration.test_figures import mysql_logins, postgres_logins
from tests.lab import Lab, LabSecret

EVERY = ("postgres_server", "mariadb_server", "mysql_server")
MYSQL = ("mariadb_server", "mysql_server")
BY_HAND = "in no version"


def secret_on(lab: Lab, server: Server, *, by_admin: bool = False) -> LabSecret:
    """One whose secret has a current, a previous and a version without a label."""
    settings = {"ADMIN_SETS_PASSWORD": "true"} if by_admin else {}
    secret = lab.secret(SINGLE[server.engine](server, f"guess {uuid.uuid4().hex[:8]}", settings))
    for _ in range(3):
        assert secret.rotate().state == "succeeded"
    return secret


def lock_out(secret: LabSecret, password: str = BY_HAND) -> None:
    """Somebody gives the user this password."""
    assert isinstance(secret.target, PostgresTarget | MySQLTarget)
    change_by_hand(secret.target, password)


def run(target: MySQLTarget, statement: str, *values: object) -> None:
    with target.admin() as admin, admin.cursor() as cursor:
        cursor.execute(statement, values)


def failed_logins(secret: LabSecret, step: Callable[[], object]) -> int:
    target = secret.target
    if isinstance(target, PostgresTarget):
        with postgres_logins(target) as logins:
            step()
    else:
        assert isinstance(target, MySQLTarget)
        with mysql_logins(target) as logins:
            step()
    return logins.refused


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_password_changed_by_hand_costs_two_failed_logins(lab: Lab, server: Server) -> None:
    secret = secret_on(lab, server)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    lock_out(secret)
    assert failed_logins(secret, secret.diagnose) == 2
    said: list[Rejected] = []

    def step() -> None:
        with pytest.raises(Rejected, match="every stored password") as caught:
            secret.step(event, Step.SET)
        said.append(caught.value)

    assert failed_logins(secret, step) == 2
    assert "(AWSCURRENT, AWSPENDING)" in said[0].what
    secret.store({**secret.value(), "password": BY_HAND})  # as it says
    secret.abandon(event)
    assert secret.rotate().state == "succeeded"


@contextmanager
def counting(target: Target, username: str) -> Iterator[None]:
    """Three or four failed logins lock the account."""
    if not isinstance(target, MySQLTarget):  # credcheck's own setting
        yield
    elif target.server.engine == "mariadb":
        run(target, "SET GLOBAL max_password_errors = 4")
        try:
            yield
        finally:
            run(target, "SET GLOBAL max_password_errors = DEFAULT")
            run(target, "FLUSH PRIVILEGES")
    else:
        run(target, "ALTER USER %s@'%%' FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 1", username)
        yield


@pytest.mark.parametrize("by_admin", [False, True])
@pytest.mark.parametrize("server", ["banning_postgres_server", *MYSQL], indirect=True)
def test_an_attempt_locks_nobody_out_who_has_the_right_password(
    lab: Lab, server: Server, by_admin: bool
) -> None:
    secret = secret_on(lab, server, by_admin=by_admin)
    username = str(secret.value()["username"])
    event = secret.begin()
    secret.step(event, Step.CREATE)
    lock_out(secret)
    with counting(secret.target, username):
        secret.diagnose()
        assert secret.target.accepts({**secret.value(), "password": BY_HAND})
        for _ in range(2):  # the service tries again; a client's login is between
            with pytest.raises(Rejected):
                secret.step(event, Step.SET)
            assert secret.target.accepts({**secret.value(), "password": BY_HAND})


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_password_that_was_set_and_given_up_is_found_whatever_came_before(
    lab: Lab, server: Server
) -> None:
    secret = secret_on(lab, server)
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    secret.abandon(event)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_after_a_restore_moving_awscurrent_back_is_all_it_takes(lab: Lab, server: Server) -> None:
    secret = secret_on(lab, server)
    restored = secret.holder("AWSPREVIOUS")
    assert restored is not None
    lock_out(secret, str(secret.version(restored)["password"]))
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Rejected, match="move AWSCURRENT back to the version") as caught:
        secret.step(event, Step.SET)
    assert "restored from a backup" in caught.value.do
    secret.abandon(event)
    secret.move_label("AWSCURRENT", restored)
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_after_a_restore_an_admin_who_sees_that_nothing_counts_finds_it(
    lab: Lab, server: Server
) -> None:
    secret = secret_on(lab, server, by_admin=True)
    restored = secret.holder("AWSPREVIOUS")
    assert restored is not None
    lock_out(secret, str(secret.version(restored)["password"]))
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_where_awscurrent_was_moved_back_by_hand_the_newer_one_is_tried(
    lab: Lab, server: Server
) -> None:
    secret = secret_on(lab, server)
    previous = secret.holder("AWSPREVIOUS")
    assert previous is not None
    secret.move_label("AWSCURRENT", previous)
    assert secret.accepted_versions() == {secret.holder("AWSPREVIOUS")}
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error


def test_the_first_answer_that_is_a_lock_ends_it_and_both_are_told(
    lab: Lab, mysql_server: Server
) -> None:
    secret = secret_on(lab, mysql_server)
    target, username = secret.target, str(secret.value()["username"])
    assert isinstance(target, MySQLTarget)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    lock_out(secret)
    run(target, "ALTER USER %s@'%%' FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME 1", username)
    with mysql_logins(target) as logins, pytest.raises(LockedOut) as caught:
        secret.step(event, Step.SET)
    assert logins.refused == 2
    assert "after it rejected the password of AWSCURRENT" in caught.value.what
    run(target, "ALTER USER %s@'%%' ACCOUNT UNLOCK", username)
    secret.store({**secret.value(), "password": BY_HAND})
    secret.abandon(event)
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_nothing_is_refused_and_no_warning_made_where_only_the_other_user_is_asked(
    lab: Lab, server: Server, output: Callable[[], str]
) -> None:
    secret = lab.secret(ALTERNATING[server.engine](server, f"guess {uuid.uuid4().hex[:8]}"))
    for _ in range(3):

        def rotate() -> None:
            assert secret.rotate().state == "succeeded"

        assert failed_logins(secret, secret.diagnose) == 0
        assert failed_logins(secret, rotate) == 0
    assert "rejected" not in output()
