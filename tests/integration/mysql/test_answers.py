"""What a server answers that is no fault of the secret's: it is met, or worth another try."""

from collections.abc import Iterator
from contextlib import contextmanager

import pymysql
import pytest

from local.servers import Server
from rotators.mysql.errors import translate
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from shared.credentials import Login
from shared.errors import (
    Busy,
    LockedOut,
    Misconfigured,
    RejectedByPolicy,
    RotationError,
    Unreachable,
)
from shared.secret import Secret
from shared.translation import NoAnswer
from tests.integration.mysql.users import Users
from tests.lab import Lab

CANARY = "c4n4ry"
LOGIN = Login("app", Secret("x"), "db", 3306, None, tls=True, document={})


@pytest.fixture(params=["mariadb_server", "mariadb_11_server", "mysql_server"])
def users(request: pytest.FixtureRequest) -> Users:
    return Users(request.getfixturevalue(request.param))


@contextmanager
def globally(users: Users, name: str, value: str) -> Iterator[None]:
    users.sql(f"SET GLOBAL {name} = {value}")
    try:
        yield
    finally:
        users.sql(f"SET GLOBAL {name} = DEFAULT")


@pytest.mark.parametrize("how", ["by its default", "by init_connect"])
def test_a_session_that_begins_as_one_that_only_reads(lab: Lab, users: Users, how: str) -> None:
    variable = "tx_read_only" if users.mariadb else "transaction_read_only"
    setting = (
        (variable, "ON")
        if how == "by its default"
        else ("init_connect", "'SET SESSION TRANSACTION READ ONLY'")
    )
    secrets = [
        lab.secret(MySQLTarget(users.server, users.name)),
        lab.secret(MySQLTarget(users.server, f"{users.name}_2", {"PASSWORD_OVERLAP": "true"})),
        lab.secret(MySQLAlternatingTarget(users.server, f"{users.name}_3")),
    ]
    with globally(users, *setting):
        for secret in secrets:
            assert secret.rotate().state == "succeeded"


def test_a_server_in_offline_mode_is_worth_another_try(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create()
    with (
        globally(users, "offline_mode", "ON"),
        pytest.raises(NoAnswer, match="3032"),
        users.session("first"),
    ):
        pass


def test_a_server_that_only_reads_is_worth_another_try(users: Users) -> None:
    users.create()
    with (
        globally(users, "read_only", "ON"),
        users.session("first") as session,
        pytest.raises(Unreachable, match="only reads") as caught,
    ):
        session.set_password(Secret("second"))
    assert "'host' to the writer" in caught.value.do


def test_a_killed_session_is_worth_another_try(users: Users) -> None:
    users.create()
    with users.session("first") as session:
        users.sql(f"KILL {session.connection.run('SELECT CONNECTION_ID()')[0][0]}")
        with pytest.raises(NoAnswer):
            session.set_password(Secret("second"))


def test_a_user_of_too_many_connections_is_worth_another_try(users: Users) -> None:
    users.create(more="WITH MAX_USER_CONNECTIONS 1")
    with users.session("first"), pytest.raises(Busy), users.session("first"):
        pass


def translated(number: int, sqlstate: str = "HY000", phase: str = "in the login") -> RotationError:
    error = pymysql.OperationalError(number, f"Plugin 'a b' {CANARY} option")
    vars(error)["sqlstate"] = sqlstate
    problem = translate(error, LOGIN, phase, carries_password="password" in phase)
    assert CANARY not in str(problem)
    assert str(number) in problem.what
    return problem


OUTAGES = [
    (1047, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184),  # servers and Galera
    (1317, 1927, 1180, 3098, 3100, 3101, 3032, 3168, 3169, 4031),  # killed, rolled back, offline
    (1036, 1792, 1836, 1874),  # right after a failover
    (2002, 2003, 2006, 2013, 2055),  # MaxScale and Router send them too
    (9001, 9002, 9004, 9005, 9006, 9007, 9012, 9020, 9501),  # ProxySQL and RDS Proxy
]
BUSY = (1040, 1203, 1205, 1206, 1213, 1226, 1637, 1689, 1969, 3024, 3058, 3132, 3133, 3572)
LOCKS = (1129, 3118, 3955, 4150, 4151)


@pytest.mark.parametrize("number", [number for numbers in OUTAGES for number in numbers])
def test_an_outage_says_nothing_of_the_secret(number: int) -> None:
    assert isinstance(translated(number), Unreachable)


@pytest.mark.parametrize("number", BUSY)
def test_what_is_taken_will_be_free(number: int) -> None:
    assert isinstance(translated(number), Busy)


@pytest.mark.parametrize("number", LOCKS)
def test_a_lock_is_told_from_a_wrong_password(number: int) -> None:
    assert isinstance(translated(number), LockedOut)


@pytest.mark.parametrize(
    ("sqlstate", "retryable"),
    [("08S01", True), ("40001", True), ("57014", True), ("70100", True), ("HY000", False)],
)
def test_an_unknown_number_says_what_was_seen(sqlstate: str, retryable: bool) -> None:
    for phase in ("in the login", "in a statement"):
        problem = translated(7777, sqlstate, phase)
        assert problem.retryable is retryable
        assert f"SQLSTATE {sqlstate}" in problem.what
        assert phase in problem.what
        if not retryable:
            assert isinstance(problem, Misconfigured)


def test_an_unknown_refusal_of_the_password_is_the_servers_rules() -> None:
    assert isinstance(translated(7777, phase="with the password"), RejectedByPolicy)
    assert isinstance(translated(1205, phase="with the password"), Busy)
    assert isinstance(translated(1053, phase="with the password"), Unreachable)


def test_the_driver_keeps_what_the_server_says(users: Users) -> None:
    users.create()
    with (
        users.session("first") as session,
        pytest.raises(Misconfigured, match=r"error 1064, SQLSTATE 42000"),
    ):
        session.connection.run("NO SUCH STATEMENT")
