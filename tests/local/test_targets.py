"""A target tells the truth about what it accepts, whatever the users on its server are."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from local.servers import Server
from local.targets import Admin
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from tests.engines import ALTERNATING, SINGLE
from tests.lab import Lab

Database = PostgresTarget | MySQLTarget
ENGINES = ("postgres", "mysql", "mariadb")
OVERLAP = {"PASSWORD_OVERLAP": "true"}


@pytest.fixture(params=ENGINES)
def server(request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(f"{request.param}_server")
    return server


def username() -> str:
    return f"target {uuid.uuid4().hex[:8]}"


def single(server: Server, **settings: str) -> Database:
    return SINGLE[server.engine](server, username(), settings)


def alternating(server: Server, name: str) -> Database:
    return ALTERNATING[server.engine](server, name)


def run(target: Database, *statements: str) -> None:
    if isinstance(target, PostgresTarget):
        with target.admin() as connection:
            for statement in statements:
                connection.execute(statement.encode())
        return
    with target.admin() as mysql, mysql.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize("make", [single, lambda server: alternating(server, username())])
def test_it_accepts_its_user_and_no_other_password_or_user(
    server: Server, make: Callable[[Server], Database]
) -> None:
    target = make(server)
    assert target.accepts(target.document)
    assert not target.accepts({**target.document, "password": "another"})
    # Many, as a server may choose by the name how to ask somebody whom it does not know.
    for _ in range(10):
        assert not target.accepts({**target.document, "username": username()})
    assert not target.accepts({**target.document, "username": f"{username()}_clone"})


def test_whom_mariadb_asks_for_another_plugin_is_nobody(mariadb_server: Server) -> None:
    """It asks so of a user that is not there, by the name, once an account has the plugin."""
    target = single(mariadb_server)
    other = username()
    run(
        target,
        "INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519'",
        f"CREATE USER `{other}` IDENTIFIED VIA ed25519 USING PASSWORD('canary')",
    )
    for _ in range(200):
        assert not target.accepts({**target.document, "username": username()})
    run(target, f"DROP USER `{other}`")


def test_a_user_that_may_not_log_in_is_not_accepted(server: Server) -> None:
    target = single(server)
    name = target.document["username"]
    if server.engine == "postgres":
        run(target, f'ALTER ROLE "{name}" NOLOGIN')
    else:
        run(target, f"ALTER USER `{name}` ACCOUNT LOCK")
    assert not target.accepts(target.document)


def test_a_user_that_logs_in_without_a_password_is_not_accepted(mariadb_server: Server) -> None:
    target = single(mariadb_server)
    run(target, f"ALTER USER `{target.document['username']}` IDENTIFIED VIA unix_socket")
    assert not target.accepts(target.document)


def test_an_outage_is_no_refusal(server: Server) -> None:
    target = single(server)
    target.server = replace(server, port=1)
    with pytest.raises(Exception, match=r"refused|Can't connect"):
        target.accepts(target.document)


def test_another_target_of_the_same_name_begins_anew(server: Server) -> None:
    name = username()
    for _ in range(2):
        target = alternating(server, name)
        assert target.accepts(target.document)


def test_it_does_not_touch_the_user_that_its_user_is_named_a_clone_of(server: Server) -> None:
    victim = single(server)
    alternating(server, f"{victim.document['username']}_clone")
    assert victim.accepts(victim.document)


@pytest.mark.parametrize(
    ("settings", "named"), [({}, False), ({"ADMIN_SETS_PASSWORD": "true"}, True)]
)
def test_a_single_users_secret_names_the_admin_where_one_sets_its_password(
    lab: Lab, server: Server, settings: Mapping[str, str], named: bool
) -> None:
    assert ("masterarn" in seed(lab, single(server, **settings))) is named


def test_the_admin_is_the_one_given(lab: Lab, postgres_server: Server) -> None:
    superuser = PostgresTarget(postgres_server, username())
    name = username()
    run(superuser, f"CREATE ROLE \"{name}\" LOGIN CREATEROLE PASSWORD 'initial'")
    admin = Admin(name, "initial")
    document = seed(lab, PostgresAlternatingTarget(postgres_server, username(), admin=admin))
    answer = lab.client.get_secret_value(SecretId=str(document["masterarn"]))
    found = json.loads(answer["SecretString"])
    assert (found["username"], found["password"]) == admin
    assert {key: found[key] for key in ("engine", "host", "port")} == {
        key: document[key] for key in ("engine", "host", "port")
    }


def seed(lab: Lab, target: Database) -> dict[str, object]:
    arn = target.seed(lab.client, f"test/{uuid.uuid4()}")
    found: dict[str, object] = json.loads(lab.client.get_secret_value(SecretId=arn)["SecretString"])
    return found


@pytest.mark.parametrize(
    ("settings", "overlaps"),
    [({}, False), (OVERLAP, True), ({**OVERLAP, "OLD_PASSWORD_ENDS": "on-finish"}, False)],
)
def test_mysqls_previous_password_lives_on_as_its_settings_say(
    mysql_server: Server, settings: Mapping[str, str], overlaps: bool
) -> None:
    assert MySQLTarget(mysql_server, username(), settings).overlaps is overlaps


def test_alternating_users_overlap(server: Server) -> None:
    assert alternating(server, username()).overlaps
