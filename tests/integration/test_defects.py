"""The defects of AWS's own rotation functions, one by one: each must be impossible here.

The numbers are those of the list in docs/from-aws-functions.md.
"""

import json
import re
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pymysql
import pytest
from psycopg import sql

from local.servers import Server
from local.targets import Target
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.errors import (
    Busy,
    MalformedSecret,
    Misconfigured,
    Rejected,
    RotationError,
    TargetMismatch,
    Unreachable,
    Untrusted,
)
from shared.protocol.event import Step
from tests import fake_servers
from tests.engines import ALTERNATING, SINGLE
from tests.lab import Lab, LabSecret

MYSQL = ("mariadb_server", "mysql_server")
EVERY = ("postgres_server", *MYSQL)


def username(word: str = "defect") -> str:
    return f"{word}_{uuid.uuid4().hex[:8]}"


def single(server: Server, name: str) -> PostgresTarget | MySQLTarget:
    return SINGLE[server.engine](server, name)


def alternating(server: Server, name: str) -> PostgresAlternatingTarget | MySQLAlternatingTarget:
    return ALTERNATING[server.engine](server, name)


def as_current(secret: LabSecret) -> "psycopg.Connection[tuple[object, ...]]":
    assert isinstance(secret.target, PostgresTarget | PostgresAlternatingTarget)
    login = secret.value()
    parameters = secret.target.parameters(login["username"], login["password"])
    return psycopg.connect(**parameters, autocommit=True)


def run(target: MySQLTarget | MySQLAlternatingTarget, *statements: str) -> list[str]:
    """As the admin; the first column of what the last of them answers."""
    with target.admin() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return [str(row[0]) for row in cursor.fetchall()]


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_defect_1_a_rotation_given_up_after_setsecret_locks_nobody_out(
    lab: Lab, server: Server
) -> None:
    secret = lab.secret(single(server, username()))
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    secret.abandon(event)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}  # known to no label
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert secret.accepted_versions() == {outcome.version_id}


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_defect_2_a_user_without_all_its_rights_is_not_promoted(lab: Lab, server: Server) -> None:
    target = alternating(server, username())
    assert isinstance(target, MySQLAlternatingTarget)
    name = str(target.document["username"])
    run(target, f"GRANT SELECT, INSERT ON `one`.* TO `{name}`", f"GRANT ALL ON `two`.* TO `{name}`")
    secret = lab.secret(target)
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    secret.step(event, Step.TEST)
    # As a crash between two GRANTs leaves it.
    run(target, f"REVOKE INSERT ON `one`.* FROM `{name}_clone`")
    with pytest.raises(TargetMismatch):
        secret.step(event, Step.TEST)
    assert secret.holder("AWSCURRENT") != event["ClientRequestToken"]
    secret.steps(event)
    grants = "\n".join(run(target, f"SHOW GRANTS FOR `{name}_clone`"))
    assert re.search(r"GRANT SELECT, INSERT ON `one`", grants)


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_defect_3_without_an_ssl_key_nothing_is_sent_in_clear(
    lab: Lab, postgres_server: Server, mysql_server: Server, engine: str
) -> None:
    real = postgres_server if engine == "postgres" else mysql_server
    secret = lab.secret(single(real, username()))
    assert "ssl" not in secret.value()
    script = getattr(fake_servers, f"{engine}_without_tls")
    with fake_servers.fake_server(script) as fake:
        secret.store({**secret.value(), "port": fake.port})
        event = secret.begin()
        secret.step(event, Step.CREATE)
        with pytest.raises(Untrusted):
            secret.step(event, Step.SET)
    assert fake.connections == 1
    assert not [value for value in secret.values() if value.encode() in fake.received]


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_defect_5_no_password_in_an_exception(
    lab: Lab, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rotators.postgres.connection.LOCK_SECONDS", 1)
    target = single(server, username())
    secret = lab.secret(target)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with statement_failing(target), pytest.raises(RotationError) as caught:
        secret.step(event, Step.SET)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert not [value for value in secret.values() if value in shown]
    secret.steps(event)


@contextmanager
def statement_failing(target: PostgresTarget | MySQLTarget) -> Iterator[None]:
    """The statement that sets the password is refused, which is when a driver quotes it."""
    name = str(target.document["username"])
    if isinstance(target, PostgresTarget):
        role = sql.Identifier(name)
        with target.admin() as admin, admin.transaction():
            admin.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT 9").format(role))
            yield
    else:
        run(target, "SET GLOBAL read_only = 1")
        try:
            yield
        finally:
            run(target, "SET GLOBAL read_only = 0")


def test_defect_6_a_lock_held_by_another_session_is_not_waited_for_for_ever(
    lab: Lab, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rotators.postgres.connection.LOCK_SECONDS", 1)
    target = PostgresTarget(postgres_server, username())
    secret = lab.secret(target)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with statement_failing(target), pytest.raises(Busy) as caught:
        secret.step(event, Step.SET)
    assert caught.value.retryable


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_defect_7_each_reason_for_not_getting_in_is_told_apart(lab: Lab, server: Server) -> None:
    secret = lab.secret(single(server, username()))
    assert isinstance(secret.target, PostgresTarget | MySQLTarget)
    if isinstance(secret.target, MySQLTarget):  # else it does not say which databases there are
        run(secret.target, f"GRANT SELECT ON *.* TO `{secret.value()['username']}`")
    wrong = {
        "host": ("no-such-host.invalid", Unreachable, "cannot be resolved"),
        "port": (1, Unreachable, "no answer"),
        "dbname": ("no_such_database", Misconfigured, "no database of that name"),
        "password": ("not this one", Rejected, "rejected every stored password"),
    }
    good = secret.value()
    reasons = set()
    for field, (value, kind, words) in wrong.items():
        forged = lab.secret(_Forged(secret.target, {**good, field: value}))
        event = forged.begin()
        forged.step(event, Step.CREATE)
        with pytest.raises(kind, match=words) as caught:
            forged.step(event, Step.SET)
        reasons.add(caught.value.what.partition(": ")[2] or caught.value.what)
    assert len(reasons) == len(wrong)


class _Forged:
    """A secret for the same target, with something else in it."""

    installs = True
    overlaps = False
    settings: ClassVar[Mapping[str, str]] = {}

    def __init__(self, target: PostgresTarget | MySQLTarget, document: Mapping[str, Any]) -> None:
        self.function, self.title, self.accepts = target.function, target.title, target.accepts
        self._document = document

    def seed(self, client: Any, name: str) -> str:  # noqa: ANN401 - boto3's client
        text = json.dumps(self._document)
        return str(client.create_secret(Name=name, SecretString=text)["ARN"])


def test_defect_8_what_either_user_makes_belongs_to_the_original(
    lab: Lab, postgres_server: Server
) -> None:
    name = username()
    target = PostgresAlternatingTarget(postgres_server, name)
    with target.admin() as admin:
        admin.execute(f"CREATE SCHEMA {name} AUTHORIZATION {name}")
        admin.execute(f"ALTER ROLE {name} CREATEDB CONNECTION LIMIT 7")
        admin.execute(f"ALTER ROLE {name} SET search_path = {name}")
    secret = lab.secret(target)
    for table in ("of_the_original", "of_the_clone", "of_the_original_again"):
        with as_current(secret) as connection:
            connection.execute(f"CREATE TABLE {table} (x int)")  # where search_path says
        assert secret.rotate().state == "succeeded"
        with as_current(secret) as connection:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN y int")
            owner = connection.execute(
                "SELECT schemaname, tableowner FROM pg_tables WHERE tablename = %s", [table]
            ).fetchone()
        assert owner == (name, name)
    with target.admin() as admin:
        rights = admin.execute(
            "SELECT rolcreatedb, rolconnlimit FROM pg_roles WHERE rolname IN (%s, %s)",
            [name, f"{name}_clone"],
        ).fetchall()
    assert rights == [(True, 7), (True, 7)]


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_defect_9_the_clone_can_do_exactly_what_the_user_can(lab: Lab, server: Server) -> None:
    name = username()
    target = MySQLAlternatingTarget(server, name)
    role = f"{name}_r"
    run(
        target,
        "CREATE DATABASE IF NOT EXISTS `a TO b`",
        f"CREATE ROLE `{role}`",
        f"GRANT INSERT ON `a TO b`.* TO `{role}`",
        f"GRANT `{role}` TO `{name}`",
        f"SET DEFAULT ROLE `{role}` {'FOR' if server.engine == 'mariadb' else 'TO'} `{name}`",
        f"GRANT SELECT ON `a TO b`.* TO `{name}` WITH GRANT OPTION",
        f"GRANT DELETE ON `revoked soon`.* TO `{name}`",
        f"ALTER USER `{name}` WITH MAX_USER_CONNECTIONS 9",
    )
    secret = lab.secret(target)
    assert secret.rotate().state == "succeeded"
    assert rights(target, f"{name}_clone") == rights(target, name)
    run(target, f"REVOKE DELETE ON `revoked soon`.* FROM `{name}`")
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    assert rights(target, f"{name}_clone") == rights(target, name)
    assert not any("revoked soon" in line for line in rights(target, f"{name}_clone"))


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_defect_9_a_user_of_one_host_only(lab: Lab, server: Server) -> None:
    name = username()
    target = MySQLAlternatingTarget(server, name)
    run(target, f"RENAME USER `{name}`@`%` TO `{name}`@`127.0.0.0/255.0.0.0`")
    secret = lab.secret(target)
    for _ in range(3):
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert secret.target.accepts(secret.value())
    for user in (name, f"{name}_clone"):
        run(target, f"SHOW GRANTS FOR `{user}`@`127.0.0.0/255.0.0.0`")
        with pytest.raises(pymysql.Error, match="no such grant"):
            run(target, f"SHOW GRANTS FOR `{user}`")


def test_defect_9_names_up_to_mysqls_real_limit(lab: Lab, mysql_server: Server) -> None:
    name = username().ljust(32 - len("_clone"), "x")
    secret = lab.secret(MySQLAlternatingTarget(mysql_server, name))
    assert secret.rotate().state == "succeeded"
    assert len(secret.value()["username"]) == 32


def rights(target: MySQLAlternatingTarget, name: str) -> set[str]:
    """What the server says the user may, in words that do not name the user."""
    lines = run(target, f"SHOW GRANTS FOR `{name}`")
    lines += run(target, f"SHOW CREATE USER `{name}`")
    lines = [re.sub(r"IDENTIFIED .*?(?= REQUIRE| WITH MAX|$)", "", line) for line in lines]
    return {line.replace(f"`{name}`", "?") for line in lines if "rotation " not in line}


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_defect_10_a_user_really_named_clone_resets_nobody_elses_password(
    lab: Lab, server: Server
) -> None:
    name = username("victim")
    victim = single(server, name)
    secret = lab.secret(alternating(server, f"{name}_clone"))
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(TargetMismatch) as caught:
        secret.step(event, Step.SET)
    assert "GRANT" in caught.value.do
    assert victim.accepts(victim.document)
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


@pytest.mark.parametrize("strategy", [single, alternating])
def test_defect_11_a_percent_sign_in_a_postgresql_user_name(
    lab: Lab, postgres_server: Server, strategy: Callable[[Server, str], Target]
) -> None:
    secret = lab.secret(strategy(postgres_server, username('50% "off" ') + "%s%(x)s"))
    for _ in range(2):
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("strategy", [single, alternating])
def test_defect_12_no_statement_that_mysql_does_not_have_any_more(
    lab: Lab, mysql_server: Server, strategy: Callable[[Server, str], Target]
) -> None:
    assert int(mysql_server.version.split(".")[0]) >= 9
    secret = lab.secret(strategy(mysql_server, username()))
    for _ in range(2):
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error


@pytest.mark.parametrize("step", [Step.CREATE, Step.SET, Step.TEST])  # the last reads none
@pytest.mark.parametrize(
    "value", [{"SecretBinary": b"{}"}, {"SecretString": "a password"}, {"SecretString": "[1]"}]
)
def test_defect_13_a_secret_that_is_no_json_object_is_told_as_such(
    lab: Lab, postgres_server: Server, step: Step, value: dict[str, Any]
) -> None:
    secret = lab.secret(PostgresTarget(postgres_server, username()))
    event = secret.begin()
    token = event["ClientRequestToken"]
    if step is Step.CREATE:
        lab.client.put_secret_value(SecretId=secret.arn, **value)
        event = secret.begin()
    else:
        lab.client.put_secret_value(
            SecretId=secret.arn, ClientRequestToken=token, VersionStages=["AWSPENDING"], **value
        )
    with pytest.raises(MalformedSecret) as caught:
        secret.step(event, step)
    assert caught.value.field in {"SecretString", "SecretBinary"}


def test_every_defect_has_a_test_of_its_name() -> None:
    files = Path(__file__).parent.rglob("test_*.py")
    named = {
        int(n) for file in files for n in re.findall(r"def test_defect_(\d+)_", file.read_text())
    }
    assert named == set(range(1, 14))
