"""What is set is proved by a login like a client's, and undone where that one is refused."""

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from local.servers import Server, pgbouncer
from local.servers.certificates import Authority
from rotators.mysql.engine import MySQLSession
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.session import PostgresSession
from rotators.postgres.testing import PostgresTarget
from shared.errors import Permanent, Rejected, RotationError
from shared.protocol.event import Step
from tests.engines import SINGLE
from tests.lab import Lab, LabSecret

EVERY = ("postgres_server", "mariadb_server", "mysql_server")
SETTINGS: dict[str, Mapping[str, str]] = {
    "by itself": {},
    "by an admin": {"ADMIN_SETS_PASSWORD": "true"},
    "short gap": {"SHORT_GAP": "true"},
}
settings = pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())


def username() -> str:
    return f"proof {uuid.uuid4().hex[:8]}"


def lock(target: PostgresTarget | MySQLTarget, *, locked: bool) -> None:
    """Let the user log in no more, or again."""
    name = str(target.document["username"])
    if isinstance(target, PostgresTarget):
        with target.admin() as admin:
            word = "NOLOGIN" if locked else "LOGIN"
            admin.execute(sql.SQL("ALTER ROLE {} " + word).format(sql.Identifier(name)))
    else:
        with target.admin() as connection, connection.cursor() as cursor:
            cursor.execute(f"ALTER USER %s@'%%' ACCOUNT {'LOCK' if locked else 'UNLOCK'}", (name,))


def locks_after_setting(
    target: PostgresTarget | MySQLTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody locks the user right after each change of its password."""
    session: type[Any] = PostgresSession if isinstance(target, PostgresTarget) else MySQLSession
    real = session.set_password

    def set_password(self: object, *passed: object, **named: object) -> None:
        real(self, *passed, **named)
        lock(target, locked=True)

    monkeypatch.setattr(session, "set_password", set_password)


@settings
@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_password_that_lets_nobody_in_is_taken_back_in_setsecret(
    lab: Lab, server: Server, settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = SINGLE[server.engine](server, username(), settings)
    secret = lab.secret(target)
    current = secret.holder("AWSCURRENT")
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with monkeypatch.context() as patch:
        locks_after_setting(target, patch)
        with pytest.raises(Permanent, match="the old one is back"):
            secret.step(event, Step.SET)
    lock(target, locked=False)
    assert secret.accepted_versions() == {current}
    secret.steps(event)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}


def test_where_the_old_one_cannot_be_put_back_that_is_told_and_the_next_attempt_goes_on(
    lab: Lab, mysql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = MySQLTarget(mysql_server, username(), {"ADMIN_SETS_PASSWORD": "true"})
    secret = lab.secret(target)
    with target.admin() as connection, connection.cursor() as cursor:
        name = str(target.document["username"])
        cursor.execute("ALTER USER %s@'%%' PASSWORD HISTORY 5", (name,))
        cursor.execute("ALTER USER %s@'%%' IDENTIFIED BY 'into its history'", (name,))
    secret.store({**secret.value(), "password": "into its history"})
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with monkeypatch.context() as patch:
        locks_after_setting(target, patch)
        with pytest.raises(RotationError, match="AWSCURRENT are refused"):
            secret.step(event, Step.SET)
    assert secret.holder("AWSPENDING") == event["ClientRequestToken"]
    lock(target, locked=False)
    secret.steps(event)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}


@settings
def test_a_pooler_that_knows_awscurrent_only_keeps_it(  # noqa: PLR0913, PLR0917 - most are fixtures
    lab: Lab,
    postgres_server: Server,
    tmp_path: Path,
    authority: Authority,
    settings: Mapping[str, str],
    output: Callable[[], str],
) -> None:
    name = username()
    target = PostgresTarget(postgres_server, name, settings)
    secret = lab.secret(target)
    users = {name: str(secret.value()["password"])}
    users[postgres_server.admin] = postgres_server.password
    with pgbouncer(tmp_path, authority, postgres_server, users=users) as pooled:
        through(secret, pooled)
        current = secret.holder("AWSCURRENT")
        event = secret.begin()
        secret.step(event, Step.CREATE)
        for _ in range(2):
            with pytest.raises(Rejected, match="the old one is back") as caught:
                secret.step(event, Step.SET)
            assert "pooler" in caught.value.do
            assert "auth_query" in caught.value.do
            assert "security groups" not in str(caught.value)
            # Before the pooler and behind it, those with AWSCURRENT are let in.
            assert secret.accepted_versions() >= {current}
            assert event["ClientRequestToken"] not in secret.accepted_versions()
        secret.abandon(event)
    assert "putting the old one back" in output()
    with pgbouncer(tmp_path, authority, postgres_server) as asking:  # as it says
        through(secret, asking)
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
    assert target.accepts(secret.value())


@pytest.mark.parametrize("mode", ["session", "transaction"])
@settings
def test_a_pooler_that_asks_the_server_is_no_hindrance(  # noqa: PLR0913, PLR0917 - most are fixtures
    lab: Lab,
    postgres_server: Server,
    tmp_path: Path,
    authority: Authority,
    settings: Mapping[str, str],
    mode: Any,  # noqa: ANN401 - one of the pooler's
) -> None:
    target = PostgresTarget(postgres_server, username(), settings)
    secret = lab.secret(target)
    with pgbouncer(tmp_path, authority, postgres_server, pool_mode=mode) as pooled:
        through(secret, pooled)
        for _ in range(2):
            outcome = secret.rotate()
            assert outcome.state == "succeeded", outcome.error
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


def through(secret: LabSecret, pooled: Server) -> None:
    """Let the secret, and its admin's, name the pooler."""
    document = secret.value()
    arn = document.get("masterarn")
    if arn is not None:
        client = secret.lab.client
        admin = client.get_secret_value(SecretId=arn)["SecretString"]
        client.put_secret_value(
            SecretId=arn, SecretString=admin.replace(str(document["port"]), str(pooled.port))
        )
    secret.store({**document, "port": pooled.port})
