"""Secrets that AWS's own functions have rotated: taken over whichever user is current, and back.

The statements are those that the alternating-users functions of
aws-samples/aws-secrets-manager-rotation-lambdas run, and their copying by text.
"""

import uuid
from collections.abc import Callable
from typing import Protocol

import pytest
from psycopg import sql

from local.servers import Server
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget
from shared.credentials import CLONE
from shared.errors import TargetMismatch
from tests.lab import Lab, LabSecret

POSTGRES = ("postgres_15_server", "postgres_server", "postgres_18_server")
MYSQL = ("mariadb_server", "mysql_server")


class Pair(Protocol):
    """What AWS's function does to one kind of database."""

    name: str

    def secret(self) -> LabSecret: ...

    def aws_rotates(self, secret: LabSecret) -> None: ...


def _next(current: str) -> str:
    """AWS's get_alternate_username."""
    return current.removesuffix(CLONE) if current.endswith(CLONE) else current + CLONE


class PostgresPair:
    def __init__(self, lab: Lab, server: Server) -> None:
        self.name = f"aws_{uuid.uuid4().hex[:8]}"
        self.target = PostgresAlternatingTarget(server, self.name)
        self.run("CREATE SCHEMA {0} AUTHORIZATION {0}", self.name)
        self._lab = lab

    def secret(self) -> LabSecret:
        return self._lab.secret(self.target)

    def run(self, statement: str, *names: str) -> list[tuple[object, ...]]:
        with self.target.admin() as admin:
            done = admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
            return done.fetchall() if done.description else []

    def aws_rotates(self, secret: LabSecret) -> None:
        current = secret.value()
        pending, password = _next(current["username"]), str(uuid.uuid4())
        with self.target.admin() as admin:
            known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [pending])
            words = "ALTER USER {} WITH PASSWORD {}"
            if not known.fetchone():
                words = "CREATE ROLE {} WITH LOGIN PASSWORD {}"
            admin.execute(sql.SQL(words).format(sql.Identifier(pending), sql.Literal(password)))
            if words.startswith("CREATE"):
                self.run("GRANT {} TO {}", current["username"], pending)
        secret.store({**current, "username": pending, "password": password})


class MySQLPair:
    def __init__(self, lab: Lab, server: Server) -> None:
        self.name = f"aws_{uuid.uuid4().hex[:8]}"
        self.target = MySQLAlternatingTarget(server, self.name)
        self._hashed = "PASSWORD(%s)" if server.engine == "mariadb" else "%s"
        self._lab = lab

    def secret(self) -> LabSecret:
        return self._lab.secret(self.target)

    def run(self, statement: str, *values: str) -> list[str]:
        with self.target.admin() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return [str(row[0]) for row in cursor.fetchall()]

    def aws_rotates(self, secret: LabSecret) -> None:
        current = secret.value()
        pending, password = _next(current["username"]), str(uuid.uuid4())
        if not self.run("SELECT User FROM mysql.user WHERE User = %s", pending):
            self.run("CREATE USER %s IDENTIFIED BY %s", pending, password)
        for grant in self.run("SHOW GRANTS FOR %s", current["username"]):
            self.run(grant.split(" TO ")[0].replace("%", "%%") + " TO %s", pending)
        self.run("ALTER USER %s@'%%' REQUIRE NONE", pending)
        self.run(f"SET PASSWORD FOR %s = {self._hashed}", pending, password)
        secret.store({**current, "username": pending, "password": password})

    def grants(self, user: str) -> str:
        return "\n".join(self.run("SHOW GRANTS FOR %s", user))

    def marks(self, user: str) -> list[str]:
        """What docs/from-aws-functions.md says to revoke."""
        lines = (line.partition(" TO ")[0] for line in self.run("SHOW GRANTS FOR %s", user))
        return [line.removeprefix("GRANT ") for line in lines if "ON `rotation " in line]


@pytest.fixture
def postgres_pair(lab: Lab, any_postgres_server: Server) -> PostgresPair:
    return PostgresPair(lab, any_postgres_server)


@pytest.fixture(params=MYSQL)
def mysql_pair(lab: Lab, request: pytest.FixtureRequest) -> MySQLPair:
    return MySQLPair(lab, request.getfixturevalue(request.param))


@pytest.fixture(params=[*POSTGRES, *MYSQL])
def pair(lab: Lab, request: pytest.FixtureRequest) -> Pair:
    kind: Callable[[Lab, Server], Pair] = MySQLPair if request.param in MYSQL else PostgresPair
    return kind(lab, request.getfixturevalue(request.param))


def rotate(secret: LabSecret, times: int = 3) -> None:
    for _ in range(times):
        before = secret.value()
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert secret.value()["username"] == _next(before["username"])
        assert secret.target.accepts(secret.value())
        assert secret.target.accepts(before)


@pytest.mark.parametrize("times", [1, 2], ids=["clone", "original"])
def test_the_function_is_exchanged_whichever_user_is_current(pair: Pair, times: int) -> None:
    secret = pair.secret()
    for _ in range(times):
        pair.aws_rotates(secret)
    assert secret.value()["username"] == (pair.name + CLONE if times == 1 else pair.name)
    tested = secret.rotate(RotateImmediately=False)  # as the document says to begin
    assert tested.state == "succeeded", tested.error
    rotate(secret)


def test_and_back_again(pair: Pair) -> None:
    secret = pair.secret()
    rotate(secret)
    for _ in range(2):
        pair.aws_rotates(secret)
        assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("server", MYSQL)
def test_a_rotation_without_overlap_leaves_one_password_before_moving_back(
    lab: Lab, request: pytest.FixtureRequest, server: str
) -> None:
    name, overlap = f"aws_{uuid.uuid4().hex[:8]}", {"PASSWORD_OVERLAP": "true"}
    target = MySQLTarget(request.getfixturevalue(server), name, overlap)
    secret = lab.secret(target)
    assert secret.rotate().state == "succeeded"
    assert len(secret.accepted_versions()) == 2
    target.settings = {}
    secret.function = lab.functions.add(target)
    assert secret.rotate().state == "succeeded"
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


@pytest.mark.parametrize("times", [1, 2], ids=["clone", "original"])
def test_what_awss_clone_made_comes_to_belong_to_the_original(
    postgres_pair: PostgresPair, times: int
) -> None:
    secret, name = postgres_pair.secret(), postgres_pair.name
    postgres_pair.aws_rotates(secret)
    postgres_pair.run("CREATE TABLE {0}.made_by_clone (x int)", name)
    postgres_pair.run("ALTER TABLE {0}.made_by_clone OWNER TO {1}", name, name + CLONE)
    if times == 2:
        postgres_pair.aws_rotates(secret)
    rotate(secret, 4)
    tables = postgres_pair.run("SELECT schemaname, tableowner FROM pg_tables")
    assert (name, name) in tables
    assert (name, name + CLONE) not in tables


def test_what_was_revoked_from_the_user_is_taken_from_awss_clone(mysql_pair: MySQLPair) -> None:
    secret, name = mysql_pair.secret(), mysql_pair.name
    mysql_pair.run("GRANT DELETE ON orders.* TO %s", name)
    for _ in range(2):
        mysql_pair.aws_rotates(secret)
    mysql_pair.run("REVOKE DELETE ON orders.* FROM %s", name)
    assert "DELETE" in mysql_pair.grants(name + CLONE)
    rotate(secret)
    assert "DELETE" not in mysql_pair.grants(name + CLONE)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_back_from_awss_function_that_copied_the_marks(mysql_pair: MySQLPair, times: int) -> None:
    secret, name = mysql_pair.secret(), mysql_pair.name
    rotate(secret, 2)
    for _ in range(times):
        mysql_pair.aws_rotates(secret)
    mysql_pair.run("GRANT DELETE ON orders.* TO %s", name)
    rotate(secret)
    assert "DELETE" in mysql_pair.grants(name + CLONE)


def test_marks_may_be_taken_off_between_the_functions(mysql_pair: MySQLPair) -> None:
    secret, name = mysql_pair.secret(), mysql_pair.name
    rotate(secret)
    for _ in range(2):
        mysql_pair.aws_rotates(secret)
    for user in (name, name + CLONE):
        for mark in mysql_pair.marks(user):
            mysql_pair.run(f"REVOKE {mark} FROM %s", user)
    rotate(secret)


@pytest.mark.parametrize("settled_by", ["GRANT", "REVOKE"])
def test_what_only_awss_clone_was_granted_stops_the_rotation_to_the_original(
    mysql_pair: MySQLPair, settled_by: str
) -> None:
    secret, name = mysql_pair.secret(), mysql_pair.name
    mysql_pair.aws_rotates(secret)
    mysql_pair.run("GRANT DELETE ON orders.* TO %s", name + CLONE)
    event = secret.begin()
    with pytest.raises(TargetMismatch, match=r"privilege DELETE ON `orders`\.\*"):
        secret.steps(event)
    whose = {
        "GRANT": f"GRANT DELETE ON orders.* TO {name}",
        "REVOKE": f"REVOKE DELETE ON orders.* FROM {name}{CLONE}",
    }
    mysql_pair.run(whose[settled_by])
    secret.steps(event)  # it is attempted again
    rotate(secret, 2)
    assert ("DELETE" in mysql_pair.grants(name + CLONE)) is (settled_by == "GRANT")
