"""Databases that do not answer, are not the ones they should be, or refuse."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest
from psycopg import sql

from local.servers import Server
from local.servers.certificates import Authority
from rotators.mysql.plugins.stored import native_password_hash
from rotators.mysql.testing import MySQLTarget
from rotators.postgres import connection as postgres
from rotators.postgres.engine import PostgresEngine
from rotators.postgres.testing import PostgresTarget
from rotators.postgres.transactions import BEGIN_TO_CHANGE, WAIT_FOR_TURN
from shared.credentials import Login
from shared.errors import (
    Busy,
    Forbidden,
    Misconfigured,
    PendingUnusable,
    Rejected,
    RotationError,
    TargetMismatch,
    Unreachable,
)
from shared.protocol.event import Step
from shared.secret import Secret as SecretValue
from shared.strategies import logins
from shared.tls import DatabaseAuthorities
from tests import fake_servers
from tests.engines import ALTERNATING, SINGLE, change_by_hand
from tests.failing import assert_fails, target_on
from tests.fake_servers import fake_server, postgres_failing, server_context
from tests.lab import Lab, LabSecret

Target = PostgresTarget | MySQLTarget
HOSTILE = (
    "CREATE FUNCTION {role}.set_config(text, text, boolean) RETURNS text"
    " LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''called''; END'"
)


@pytest.fixture(params=["postgres", "mariadb", "mysql"])
def secret(lab: Lab, request: pytest.FixtureRequest) -> LabSecret:
    return lab.secret(target_on(request.getfixturevalue(f"{request.param}_server")))


def lock_out(secret: LabSecret, password: str) -> None:
    """Somebody gives the user this password."""
    assert isinstance(secret.target, PostgresTarget | MySQLTarget)
    change_by_hand(secret.target, password)


def test_a_closed_port(secret: LabSecret) -> None:
    error = assert_fails(secret, Unreachable, port=1)
    assert error.field == "host"
    assert "no answer" in error.what
    assert "127.0.0.1:1" in error.what


def test_a_name_that_does_not_resolve(secret: LabSecret) -> None:
    error = assert_fails(secret, Unreachable, host="no-such-host.invalid")
    assert error.field == "host"
    assert "cannot be resolved" in error.what


def test_an_unknown_database(secret: LabSecret) -> None:
    if isinstance(secret.target, MySQLTarget):
        # To a user without any right, MySQL does not say which databases there are.
        with secret.target.admin() as admin, admin.cursor() as cursor:
            cursor.execute("GRANT SELECT ON *.* TO %s@'%%'", (secret.value()["username"],))
    error = assert_fails(secret, Misconfigured, dbname="no_such_database")
    assert error.field == "dbname"


def set_username(target: Target, username: str) -> Target:
    """The same server, in a secret for another user: a fake answers for it."""
    target.document["username"] = username
    return target


def setsecret_meets(
    secret: LabSecret, text: str, authority: Authority
) -> tuple[type[RotationError], int]:
    """What setSecret raises at this FATAL error of a server, and how often it connected."""
    with fake_server(postgres_failing(server_context(authority), text)) as server:
        secret.store({**secret.value(), "port": server.port})
        event = secret.begin()
        secret.step(event, Step.CREATE)
        with pytest.raises(RotationError) as caught:
            secret.step(event, Step.SET)
    # The fake asks for md5, for which each login takes a second connection.
    return type(caught.value), server.connections // 2


@pytest.mark.parametrize(
    ("username", "text"),
    [
        ("app", "pgbouncer cannot connect to server"),
        ("server", "pgbouncer cannot connect to server"),
        ("app", "terminating connection due to administrator command"),
        ("admin", "terminating connection due to administrator command"),
        ("app", "le système de bases de données s'arrête"),
    ],
)
def test_a_poolers_trouble_is_no_refusal(  # noqa: PLR0913, PLR0917 - four are fixtures
    lab: Lab,
    postgres_server: Server,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    username: str,
    text: str,
) -> None:
    monkeypatch.setattr(logins, "WAKING_SECONDS", 0.0)
    secret = lab.secret(set_username(target_on(postgres_server), username))
    # One connection: no other password is tried on it.
    kind, connections = setsecret_meets(secret, text, authority)
    assert (kind.code, connections) == (Unreachable.code, 1)


@pytest.mark.parametrize(
    ("username", "text"),
    [
        ("app", "authentification par mot de passe échouée pour « app »"),
        ("127", "Passwort-Authentifizierung für Benutzer »127« fehlgeschlagen"),
        ("app", "SASL authentication failed"),
    ],
)
def test_a_refusal_in_other_words_is_one(
    lab: Lab, postgres_server: Server, authority: Authority, username: str, text: str
) -> None:
    secret = lab.secret(set_username(target_on(postgres_server), username))
    # Two: the current password, then the pending one.
    assert setsecret_meets(secret, text, authority) == (Rejected, 2)


@pytest.mark.parametrize("script", ["not_mysql", "half_a_greeting"])
def test_what_answers_is_no_mysql(lab: Lab, mariadb_server: Server, script: str) -> None:
    secret = lab.secret(target_on(mariadb_server))
    with fake_server(getattr(fake_servers, script)) as server:
        error = assert_fails(secret, Unreachable, port=server.port)
    assert error.field == "host"


def test_a_current_password_of_any_characters(secret: LabSecret) -> None:
    for password in ("pä€ss wörd", "' \" \\ %s {} ; --", "パスワード"):
        lock_out(secret, password)
        secret.store({**secret.value(), "password": password})
        assert secret.rotate().state == "succeeded"
        assert secret.target.accepts(secret.value())


def test_a_role_with_settings_of_its_own(lab: Lab, postgres_server: Server) -> None:
    """Read-only, acting as another, and with a function of its own in front of the server's."""
    target = PostgresTarget(postgres_server, f"own_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    name = str(target.document["username"])
    role = sql.Identifier(name)
    with target.admin() as admin:
        for statement in (
            "CREATE ROLE {other}",
            "GRANT {other} TO {role}",
            "ALTER ROLE {role} SET role = {name_of_other}",
            "ALTER ROLE {role} SET default_transaction_read_only = on",
            "CREATE SCHEMA {role} AUTHORIZATION {role}",
            HOSTILE,
            "ALTER ROLE {role} SET search_path = {role}, pg_catalog",
        ):
            admin.execute(
                sql.SQL(statement).format(
                    role=role,
                    other=sql.Identifier(f"{name}_other"),
                    name_of_other=sql.Literal(f"{name}_other"),
                )
            )
    assert secret.rotate().state == "succeeded"
    assert target.accepts(secret.value())


def test_nothing_of_a_rotation_stays_in_the_session(lab: Lab, postgres_server: Server) -> None:
    """A pooler gives the session to somebody else."""
    target = PostgresTarget(postgres_server, f"pooled_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    login = Login.parse(secret.value(), default_port=5432)
    show = (
        "SELECT current_setting(name) FROM unnest(ARRAY['statement_timeout', 'lock_timeout']) name"
    )
    with PostgresEngine(DatabaseAuthorities(target.server.ca)).connect(login) as session:
        before = session._connection.execute(show).fetchall()
        session.set_password(SecretValue("new"))
        assert session._connection.execute(show).fetchall() == before


def test_a_copy_that_stops_holding_the_lock_is_ended_by_the_server(
    lab: Lab, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "STATEMENT_SECONDS", 1)
    target = PostgresTarget(postgres_server, f"stopped_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    login = Login.parse(secret.value(), default_port=5432)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    password = login.password.reveal()
    with psycopg.connect(**target.parameters(login.username, password), autocommit=True) as stopped:
        stopped.execute(BEGIN_TO_CHANGE.format(statement="1s", lock="5s"))
        stopped.execute(WAIT_FOR_TURN.format(login.username))
        secret.step(event, Step.SET)  # waits for the lock until the server ends its holder
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            stopped.execute("SELECT 1")
        stopped.close()
    assert target.accepts(secret.version(event["ClientRequestToken"]))


def test_two_copies_where_a_password_may_not_be_used_again(lab: Lab, mysql_server: Server) -> None:
    target = MySQLTarget(mysql_server, f"history_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    with target.admin() as admin, admin.cursor() as cursor:
        user = str(target.document["username"])
        cursor.execute("ALTER USER %s@'%%' PASSWORD HISTORY 5", (user,))
    event = secret.begin()
    secret.step(event, Step.CREATE)
    try:
        secret.twice_at_once(event, Step.SET)
    except Busy as busy:
        assert busy.retryable
    secret.steps(event)
    assert target.accepts(secret.value())


def test_a_password_that_is_in_no_version(secret: LabSecret) -> None:
    """Changed by hand and stored nowhere: the one lockout that only a person can mend."""
    event = secret.begin()
    secret.step(event, Step.CREATE)
    lock_out(secret, "set by hand")
    with pytest.raises(Rejected, match="every stored password") as caught:
        secret.step(event, Step.SET)
    assert "PutSecretValue" in caught.value.do
    assert secret.accepted_versions() == set()


def test_a_pending_version_for_another_host(secret: LabSecret) -> None:
    forged = str(uuid.uuid4())
    event = secret.begin()
    secret.lab.client.put_secret_value(
        SecretId=secret.arn,
        ClientRequestToken=forged,
        SecretString=json.dumps({**secret.value(), "host": "elsewhere.invalid"}),
        VersionStages=["AWSPENDING"],
    )
    with pytest.raises(TargetMismatch, match="differ"):
        secret.step({**event, "ClientRequestToken": forged}, Step.SET)
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("strategy", [SINGLE, ALTERNATING])
@pytest.mark.parametrize("server", ["postgres_server", "mariadb_server"], indirect=True)
def test_a_pending_version_that_is_the_current_one_is_no_rotation(
    lab: Lab, server: Server, strategy: Mapping[str, Any]
) -> None:
    """As a label moved by hand leaves it, or an emulator that copies the value."""
    secret = lab.secret(strategy[server.engine](server, f"copy_{uuid.uuid4().hex[:8]}"))
    event = secret.begin()
    copy = str(uuid.uuid4())
    secret.lab.client.put_secret_value(
        SecretId=secret.arn,
        ClientRequestToken=copy,
        SecretString=json.dumps(secret.value()),
        VersionStages=["AWSPENDING"],
    )
    event = {**event, "ClientRequestToken": copy}
    secret.step(event, Step.CREATE)
    with pytest.raises(PendingUnusable, match="nothing would be rotated"):
        secret.step(event, Step.SET)
    assert secret.holder("AWSPENDING") is None
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT"), copy}
    assert secret.rotate().state == "succeeded"


def test_a_role_without_login(lab: Lab, postgres_server: Server) -> None:
    target = PostgresTarget(postgres_server, f"bad_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with target.admin() as admin:
        role = sql.Identifier(str(target.document["username"]))
        admin.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(role))
    with pytest.raises(Forbidden, match="LOGIN"):
        secret.step(event, Step.SET)


def test_a_read_only_mysql(lab: Lab, mysql_server: Server) -> None:
    target = MySQLTarget(mysql_server, f"bad_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    with target.admin() as admin, admin.cursor() as cursor:
        cursor.execute("SET GLOBAL read_only = ON")
        try:
            error = assert_fails(secret, Unreachable)
        finally:
            cursor.execute("SET GLOBAL read_only = OFF")
    assert error.field == "host"
    assert "only reads" in error.what
    assert "writer" in error.do


@pytest.mark.parametrize("plugin", ["ed25519", "unix_socket"])
def test_a_mariadb_account_with_a_plugin_of_another_hash(
    lab: Lab, mariadb_server: Server, plugin: str
) -> None:
    target = MySQLTarget(mariadb_server, f"bad_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    document = secret.value()
    native = native_password_hash(SecretValue(document["password"]))
    via = f"{plugin} OR mysql_native_password USING %s"
    if plugin == "ed25519":
        via = f"mysql_native_password USING %s OR {plugin} USING PASSWORD('x')"
    with target.admin() as admin, admin.cursor() as cursor:
        if plugin == "ed25519":
            cursor.execute("INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519'")
        alter = f"ALTER USER %s@'%%' IDENTIFIED VIA {via}"
        cursor.execute(alter, (document["username"], native))
    if plugin == "unix_socket":
        # SET PASSWORD would replace the first plugin's data, which is not the password's.
        for mode in ("", "ANSI_QUOTES"):  # which also writes the account's name in other quotes
            with target.admin() as admin, admin.cursor() as cursor:
                cursor.execute("SET GLOBAL sql_mode = %s", (mode,))
            try:
                error = assert_fails(secret, Misconfigured)
            finally:
                with target.admin() as admin, admin.cursor() as cursor:
                    cursor.execute("SET GLOBAL sql_mode = DEFAULT")
            assert "ALTER USER" in error.do
    else:
        event = secret.begin()
        secret.steps(event, Step.CREATE, Step.SET)
        # The old password is refused by one plugin, and what the other asks for is not given:
        # a retry goes on to the pending one all the same.
        secret.steps(event)
        assert target.accepts(secret.value())
