"""What a diagnosis tells of each strategy's needs, on real servers; it changes nothing there."""

import json
import socket
import struct
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from psycopg import sql

from local.servers import Server
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from shared.protocol.event import Step
from tests.engines import ALTERNATING, SINGLE, change_by_hand
from tests.fake_servers import FakeServer, fake_server
from tests.lab import Lab, LabSecret

EVERY = ("postgres_server", "mariadb_server", "mysql_server")
MYSQL = ("mariadb_server", "mysql_server")
OVERLAP = {"PASSWORD_OVERLAP": "true"}
BY_ADMIN = {"ADMIN_SETS_PASSWORD": "true"}
NONE: Mapping[str, str] = MappingProxyType({})


def single(lab: Lab, server: Server, settings: Mapping[str, str] = NONE) -> LabSecret:
    return lab.secret(SINGLE[server.engine](server, f"told {uuid.uuid4().hex[:8]}", settings))


def pair(lab: Lab, server: Server) -> LabSecret:
    return lab.secret(ALTERNATING[server.engine](server, f"told {uuid.uuid4().hex[:8]}"))


def sql_of(secret: LabSecret, *statements: str) -> list[str]:
    """As the server's administrator, about {0} and its clone {1}; all rows of the last one."""
    target = secret.target
    assert isinstance(target, PostgresTarget | MySQLTarget)
    user = str(target.document["username"])
    if isinstance(target, PostgresTarget):
        with target.admin() as connection:
            for statement in statements:
                names = (sql.Identifier(user), sql.Identifier(f"{user}_clone"))
                done = connection.execute(sql.SQL(statement).format(*names))
            return [str(row) for row in done.fetchall()] if done.description else []
    with target.admin() as account, account.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.format(f"`{user}`", f"`{user}_clone`"))
        return [str(row) for row in cursor.fetchall()]


CATALOGS = {
    "PostgreSQL": [
        "TABLE pg_authid", "TABLE pg_auth_members", "TABLE pg_db_role_setting", "TABLE pg_shdepend",
    ],
    "MariaDB": [
        "SELECT * FROM mysql.global_priv", "SELECT * FROM mysql.db",
        "SELECT * FROM mysql.roles_mapping",
    ],
    "MySQL": [
        "TABLE mysql.user", "TABLE mysql.db", "TABLE mysql.global_grants", "TABLE mysql.role_edges",
        "TABLE mysql.password_history",
    ],
}  # fmt: skip


def catalog(secret: LabSecret) -> list[str]:
    """All that the server keeps of its users."""
    tables = CATALOGS[secret.target.title.split()[0]]
    return [row for each in tables for row in sql_of(secret, each)]


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_the_servers_own_catalog_is_as_before(lab: Lab, server: Server) -> None:
    settings = ({}, BY_ADMIN) if server.engine == "postgres" else ({}, OVERLAP, OVERLAP | BY_ADMIN)
    secrets = [pair(lab, server), *(single(lab, server, each) for each in settings)]
    for secret in secrets:
        before = catalog(secret)
        assert secret.diagnose().bad == []
        assert catalog(secret) == before
        for _ in range(2 if secret is secrets[0] else 1):  # the clone is current, then the original
            assert secret.rotate().state == "succeeded"
            before = catalog(secret)
            assert secret.diagnose().bad == []
            assert catalog(secret) == before
        secret.step(secret.begin(), Step.CREATE)
        assert secret.diagnose().bad == []
        assert catalog(secret) == before


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_both_users_of_a_pair_are_tried_where_that_costs_no_refusal(
    lab: Lab, server: Server
) -> None:
    secret = pair(lab, server)
    secret.rotate()
    told = secret.diagnose()
    assert [told.state_of_login(each) for each in ("AWSCURRENT", "AWSPREVIOUS")] == ["ok", "ok"]
    event = secret.begin()
    secret.step(event, Step.CREATE)
    told = secret.diagnose()  # its user has the previous password still
    assert told.of("login", "AWSPENDING")["what"].startswith("not tried: ")
    secret.step(event, Step.SET)
    assert secret.diagnose().state_of_login("AWSPENDING") == "ok"


def by_an_admin_who_may_not_look(secret: LabSecret) -> None:
    """From now on."""
    arn, name = str(secret.value()["masterarn"]), f"blind {uuid.uuid4().hex[:8]}"
    sql_of(
        secret,
        f"CREATE USER `{name}`@'%' IDENTIFIED BY 'an-admins-1'",
        f"GRANT CREATE USER ON *.* TO `{name}`@'%'",
    )
    admin = json.loads(secret.lab.client.get_secret_value(SecretId=arn)["SecretString"])
    blind = json.dumps({**admin, "username": name, "password": "an-admins-1"})
    secret.lab.client.put_secret_value(SecretId=arn, SecretString=blind)


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_nobody_is_tried_for_an_admin_who_may_not_look(lab: Lab, server: Server) -> None:
    """Nobody logs in as the other user in between, so its refusals would add up to a lock."""
    secret = pair(lab, server)
    secret.rotate()
    by_an_admin_who_may_not_look(secret)
    sql_of(secret, "ALTER USER {0}@'%' IDENTIFIED BY 'in no secret'")
    told = secret.diagnose().of("login", "AWSPREVIOUS")
    assert (told["state"], told["what"].partition(": ")[0]) == ("unknown", "not tried")


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_a_password_that_ended_on_finish_is_not_expected(lab: Lab, server: Server) -> None:
    secret = single(lab, server, OVERLAP | BY_ADMIN | {"OLD_PASSWORD_ENDS": "on-finish"})
    by_an_admin_who_may_not_look(secret)
    assert secret.rotate().state == "succeeded"
    assert secret.diagnose().state_of_login("AWSPREVIOUS") == "unknown"


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_twin_that_nothing_shows_to_be_the_secrets_is_told(lab: Lab, server: Server) -> None:
    secret = pair(lab, server)
    by_password = "{1} PASSWORD" if server.engine == "postgres" else "{1}@'%' IDENTIFIED BY"
    create = "CREATE ROLE {1} LOGIN PASSWORD" if server.engine == "postgres" else ""
    sql_of(secret, f"{create or 'CREATE USER ' + by_password} 'of somebody else'")
    before = catalog(secret)
    told = secret.diagnose()
    assert [each[:2] for each in told.bad] == [("strategy", "broken")]
    assert told.of("strategy")["code"] == "TargetMismatch"
    assert catalog(secret) == before


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_clone_that_was_dropped_is_made_again_and_its_login_is_told(
    lab: Lab, server: Server
) -> None:
    secret = pair(lab, server)
    secret.rotate()
    drop = "DROP ROLE {1}" if server.engine == "postgres" else "DROP USER {1}@'%'"
    sql_of(secret, drop)
    told = secret.diagnose()
    assert ("login", "broken", "AWSCURRENT", "Rejected") in told.bad
    assert told.state_of_login("AWSPREVIOUS") == "ok"
    assert secret.rotate().state == "succeeded"
    assert secret.diagnose().state_of_login("AWSCURRENT") == "ok"


def test_a_right_that_only_the_clone_has_is_warned_of(lab: Lab, postgres_server: Server) -> None:
    secret = pair(lab, postgres_server)
    secret.rotate()
    secret.rotate()
    sql_of(secret, "ALTER ROLE {1} CREATEDB", "ALTER ROLE {1} RESET role")
    (warned,) = secret.diagnose().bad
    assert warned[:2] == ("strategy", "warning")


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_at_an_account_that_is_locked_the_search_ends(lab: Lab, server: Server) -> None:
    secret = single(lab, server, BY_ADMIN)
    secret.rotate()
    sql_of(secret, "ALTER USER {0}@'%' ACCOUNT LOCK")
    told = secret.diagnose()
    assert told.bad == [("login", "broken", "AWSCURRENT", "LockedOut")]
    assert told.state_of_login("AWSPREVIOUS") == "unknown"
    assert told.of("admin")["state"] == "ok"
    sql_of(secret, str(told.of("login", "AWSCURRENT")["do"]).partition("in place of %, ")[2])
    assert secret.diagnose().bad == []


def test_a_role_whose_time_ends_is_warned_of(lab: Lab, postgres_server: Server) -> None:
    secret = single(lab, postgres_server)
    secret.rotate()  # the next time is in a month
    for until in ("infinity", "99999-01-01", "9000-01-01"):
        sql_of(secret, f"ALTER ROLE {{0}} VALID UNTIL '{until}'")
        assert secret.diagnose().bad == []
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    sql_of(secret, f"ALTER ROLE {{0}} VALID UNTIL '{soon}'")
    told = secret.diagnose()
    assert told.bad == [("strategy", "warning", "", "Misconfigured")]
    (warned,) = (each for each in told.findings if each["state"] == "warning")
    assert isinstance(secret.target, PostgresTarget)
    with secret.target.admin() as admin:
        admin.execute(str(warned["do"]).removeprefix("as a role that may: ").encode())
    assert secret.diagnose().bad == []


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_a_second_password_takes_a_right_that_is_named(lab: Lab, server: Server) -> None:
    secret = single(lab, server, OVERLAP)
    right = "CREATE USER" if server.engine == "mariadb" else "APPLICATION_PASSWORD_ADMIN"
    sql_of(secret, f"REVOKE {right} ON *.* FROM {{0}}@'%'")
    told = secret.diagnose()
    assert told.bad == [("rights", "warning", "", "Forbidden")]
    grant = (
        told.of("rights")
        if len(told.bad) == 0
        else next(each for each in told.findings if each["state"] == "warning")
    )
    assert isinstance(secret.target, MySQLTarget)
    with secret.target.admin() as account, account.cursor() as cursor:
        cursor.execute(str(grant["do"]).partition(";")[0])
    assert secret.diagnose().bad == []
    assert secret.rotate().state == "succeeded"
    assert secret.diagnose().state_of_login("AWSPREVIOUS") == "unknown"  # nobody is asked first


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_with_an_admin_who_sees_it_the_old_password_of_an_overlap_is_tried(
    lab: Lab, server: Server
) -> None:
    secret = single(lab, server, OVERLAP | BY_ADMIN)
    secret.rotate()
    told = secret.diagnose()
    assert [told.state_of_login(each) for each in ("AWSCURRENT", "AWSPREVIOUS")] == ["ok", "ok"]


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_an_admin_that_the_function_does_not_use_is_looked_at_where_nobody_else_gets_in(
    lab: Lab, server: Server
) -> None:
    used = single(lab, server, BY_ADMIN)
    secret = single(lab, server)
    secret.store({**secret.value(), "masterarn": used.value()["masterarn"]})
    assert not [each for each in secret.diagnose().findings if each["link"] == "admin"]
    assert isinstance(secret.target, PostgresTarget | MySQLTarget)
    change_by_hand(secret.target, "in no secret")
    admin = secret.diagnose().of("admin")
    assert (admin["state"], admin["field"]) == ("ok", "masterarn")
    assert str(used.value()["masterarn"]) in admin["what"]


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_an_admin_that_is_not_let_in_is_told_and_the_user_all_the_same(
    lab: Lab, server: Server
) -> None:
    secret = pair(lab, server)
    arn = str(secret.value()["masterarn"])
    admin = json.loads(lab.client.get_secret_value(SecretId=arn)["SecretString"])
    wrong = json.dumps({**admin, "password": "not the admin's any more"})
    lab.client.put_secret_value(SecretId=arn, SecretString=wrong)
    told = secret.diagnose()
    assert "not the admin's any more" not in json.dumps(told.answer)
    assert told.bad == [("admin", "broken", "", "Rejected")]
    assert arn in told.of("admin")["do"]
    assert told.state_of_login("AWSCURRENT") == "ok"
    assert told.of("rights")["state"] == "unknown"


@pytest.mark.parametrize(
    ("number", "link", "code"), [(1130, "login", "Forbidden"), (1045, "tls", "Untrusted")]
)
def test_what_comes_in_clear_shows_nothing_of_who_answers(
    lab: Lab, mysql_server: Server, number: int, link: str, code: str
) -> None:
    """1130 is what a server greets an address with; 1045 comes after TLS, if it is a server's."""

    def refuse(connection: socket.socket, _: FakeServer) -> None:
        packet = b"\xff" + struct.pack("<H", number) + b"#28000no"
        connection.sendall(struct.pack("<I", len(packet)) + packet)

    target = MySQLTarget(mysql_server, f"told {uuid.uuid4().hex[:8]}")
    with fake_server(refuse) as server:
        told = lab.secret(target, port=server.port).diagnose()
    assert [
        (each["link"], each["code"]) for each in told.findings if each["state"] == "broken"
    ] == [(link, code)]
    assert not [each for each in told.findings if (each["link"], each["state"]) == ("tls", "ok")]


def test_a_pending_version_of_another_target_is_told(lab: Lab, postgres_server: Server) -> None:
    secret = single(lab, postgres_server)
    lab.client.put_secret_value(
        SecretId=secret.arn,
        SecretString=json.dumps({**secret.value(), "username": "another"}),
        VersionStages=["AWSPENDING"],
    )
    told = secret.diagnose()
    assert ("value", "broken", "AWSPENDING", "TargetMismatch") in told.bad
    assert "another host, port or user" in told.of("login", "AWSPENDING")["what"]
