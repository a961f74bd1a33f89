"""A clone on MySQL or MariaDB can do exactly what its original can, as the server itself says."""

from collections.abc import Iterator
from functools import partial

import pytest

from local.servers import Server
from shared.errors import Forbidden, MalformedSecret, Misconfigured, TargetMismatch
from shared.secret import Secret
from tests.integration.mysql.users import Users


@pytest.fixture(params=["mariadb", "mysql"])
def users(request: pytest.FixtureRequest) -> Users:
    users = Users(request.getfixturevalue(f"{request.param}_server"))
    users.create_admin()
    return users


def assert_clone_follows(users: Users, *statements: str) -> None:
    """After these statements about {user}, its clone can do the same, and knows it."""
    users.run(*statements)
    users.provision_twin("second")
    assert users.shown(users.twin) == users.shown(users.name)
    users.verify_same_rights("second")


def test_a_user_without_rights(users: Users) -> None:
    users.create()
    assert_clone_follows(users)
    assert users.accepts("first")


def test_defect_9_rights_revoked_from_the_user_are_revoked_from_the_clone(users: Users) -> None:
    users.create()
    assert_clone_follows(
        users,
        "GRANT SELECT, INSERT, PROCESS ON *.* TO {user}@'%'",
        "GRANT ALL ON app.* TO {user}@'%'",
        "GRANT ALL ON other.* TO {user}@'%'",
        "CREATE OR REPLACE VIEW app.seen AS SELECT 1 AS a, 2 AS b",
        "GRANT SELECT, DELETE ON app.seen TO {user}@'%'",
    )
    assert_clone_follows(
        users,
        "REVOKE INSERT, PROCESS ON *.* FROM {user}@'%'",
        "REVOKE DROP, ALTER ON app.* FROM {user}@'%'",
        "REVOKE ALL ON other.* FROM {user}@'%'",
        "REVOKE DELETE ON app.seen FROM {user}@'%'",
    )
    assert "GRANT SELECT ON *.* TO `user`@`%`" in users.shown(users.twin)
    assert_clone_follows(users, "REVOKE ALL, GRANT OPTION FROM {user}@'%'")
    assert not [line for line in users.shown(users.twin) if "SELECT" in line]


def test_defect_9_grant_option(users: Users) -> None:
    users.create()
    users.sql("CREATE OR REPLACE VIEW app.seen AS SELECT 1 AS a, 2 AS b")
    assert_clone_follows(
        users,
        "GRANT SELECT ON *.* TO {user}@'%' WITH GRANT OPTION",
        "GRANT USAGE ON app.* TO {user}@'%' WITH GRANT OPTION",
        "GRANT SELECT ON app.seen TO {user}@'%' WITH GRANT OPTION",
    )
    assert_clone_follows(
        users,
        "REVOKE GRANT OPTION ON *.* FROM {user}@'%'",
        "REVOKE GRANT OPTION ON app.* FROM {user}@'%'",
        "REVOKE GRANT OPTION ON app.seen FROM {user}@'%'",
    )
    assert not [line for line in users.shown(users.twin) if "GRANT OPTION" in line]


def test_defect_9_resource_limits_and_require(users: Users) -> None:
    users.create(more="REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500 MAX_USER_CONNECTIONS 7")
    assert_clone_follows(users)
    assert [line for line in users.shown(users.twin) if "MAX_USER_CONNECTIONS 7" in line]
    assert_clone_follows(users, "ALTER USER {user}@'%' REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 0"
            " MAX_UPDATES_PER_HOUR 9 MAX_CONNECTIONS_PER_HOUR 900")  # fmt: skip
    assert_clone_follows(users, "ALTER USER {user}@'%' WITH MAX_UPDATES_PER_HOUR 0"
            " MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0")  # fmt: skip
    assert not [line for line in users.shown(users.twin) if "MAX_" in line]


def test_a_statement_time_limit(mariadb_server: Server) -> None:
    users = Users(mariadb_server)
    users.create_admin()
    users.create(more="WITH MAX_STATEMENT_TIME 1.5")
    assert_clone_follows(users)
    assert_clone_follows(users, "ALTER USER {user}@'%' WITH MAX_STATEMENT_TIME 0")


def test_defect_9_an_account_of_one_host(users: Users) -> None:
    users.create(host="127.0.0.1")
    users.run("GRANT SELECT ON app.* TO {user}@'127.0.0.1'")
    users.provision_twin("second")
    assert users.hosts(users.twin) == {"127.0.0.1"}
    assert users.shown(users.twin, "127.0.0.1") == users.shown(users.name, "127.0.0.1")
    users.verify_same_rights("second")


def test_defect_9_roles_and_a_default_role(users: Users) -> None:
    users.create()
    roles = [f"{users.name}_r{number}" for number in range(3)]
    to = "FOR" if users.mariadb else "TO"
    for role in roles:
        users.sql(f"CREATE ROLE {role}")
        if users.mariadb:  # MySQL's ROLE_ADMIN is for any role
            users.run(f"GRANT {role} TO {{admin}}@'%' WITH ADMIN OPTION")
    assert_clone_follows(
        users,
        f"GRANT {roles[0]} TO {{user}}@'%'",
        f"GRANT {roles[1]} TO {{user}}@'%' WITH ADMIN OPTION",
        f"SET DEFAULT ROLE {roles[0]} {to} {{user}}@'%'",
        f"GRANT SELECT ON app.* TO {roles[0]}",
    )
    # The role in force is not the user's own right.
    users.sql(f"GRANT INSERT ON *.* TO {roles[0]}")
    users.verify_same_rights("second")
    assert_clone_follows(
        users,
        f"REVOKE {roles[0]} FROM {{user}}@'%'",
        f"REVOKE {roles[1]} FROM {{user}}@'%'",
        f"GRANT {roles[1]} TO {{user}}@'%'",
        f"GRANT {roles[2]} TO {{user}}@'%' WITH ADMIN OPTION",
        f"SET DEFAULT ROLE {roles[1]} {to} {{user}}@'%'",
    )
    assert roles[0] not in str(users.shown(users.twin))
    assert_clone_follows(users, f"SET DEFAULT ROLE NONE {to} {{user}}@'%'")


def test_several_default_roles_and_a_role_with_a_backtick(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    users.create()
    roles = f"`{users.name} TO ``x`, '{users.name}_2'@'10.%'"
    users.sql(f"CREATE ROLE {roles}")
    assert_clone_follows(
        users, f"GRANT {roles} TO {{user}}@'%'", f"SET DEFAULT ROLE {roles} TO {{user}}@'%'"
    )


@pytest.mark.parametrize(
    "database",
    [
        "a TO b",
        "x ON y",
        "back`tick",
        "quote'",
        'double"',
        "50%",
        "per%sent",
        r"any\_%",
        "ütf ✓",
        "a,b(c",
    ],
)
def test_defect_9_any_name_of_a_database(users: Users, database: str) -> None:
    users.create()
    quoted = "`" + database.replace("`", "``") + "`"
    users.sql(f"GRANT SELECT, INSERT ON {quoted}.* TO {users.name}@'%'")
    users.sql(f"CREATE DATABASE IF NOT EXISTS {quoted}")
    users.sql(f"CREATE TABLE IF NOT EXISTS {quoted}.{quoted} ({quoted} INT, other INT)")
    users.sql(f"GRANT SELECT ({quoted}, other), UPDATE (other), INSERT ON {quoted}.{quoted}"
              f" TO {users.name}@'%'")  # fmt: skip
    assert_clone_follows(users)
    whose = f"FROM {users.name}@'%'"
    users.sql(f"REVOKE INSERT ON {quoted}.* {whose}")
    users.sql(f"REVOKE SELECT ({quoted}), INSERT ON {quoted}.{quoted} {whose}")
    assert_clone_follows(users)
    users.sql(f"DROP DATABASE {quoted}")


def test_routines(users: Users) -> None:
    users.create()
    users.sql("CREATE PROCEDURE IF NOT EXISTS app.`pro``c`() SELECT 1")
    users.sql("CREATE FUNCTION IF NOT EXISTS app.fun() RETURNS INT DETERMINISTIC RETURN 1")
    assert_clone_follows(
        users,
        "GRANT ALL ON PROCEDURE app.`pro``c` TO {user}@'%' WITH GRANT OPTION",
        "GRANT EXECUTE ON FUNCTION app.fun TO {user}@'%'",
    )
    assert_clone_follows(
        users,
        "REVOKE ALTER ROUTINE, GRANT OPTION ON PROCEDURE app.`pro``c` FROM {user}@'%'",
        "REVOKE EXECUTE ON FUNCTION app.fun FROM {user}@'%'",
    )


def test_everything_and_then_less_everywhere(users: Users) -> None:
    """What the administrator has not got either cannot be given."""
    users.create()
    everything = "ALL" if users.mariadb else "SELECT, SHUTDOWN"
    users.run(f"GRANT {everything} ON *.* TO {{user}}@'%'")
    with pytest.raises(Forbidden, match="the admin lacks a right to give") as caught:
        users.provision_twin("second")
    assert caught.value.do.startswith("GRANT ")
    users.sql(caught.value.do)
    assert_clone_follows(users)
    assert_clone_follows(
        users, f"REVOKE {everything} ON *.* FROM {{user}}@'%'", "GRANT SELECT ON *.* TO {user}@'%'"
    )


def test_a_right_that_the_admin_lacks_on_any_name(users: Users) -> None:
    users.create()
    users.sql("GRANT EVENT ON `a{b}'%%`.* TO %s", users.name)
    users.run("REVOKE EVENT ON *.* FROM {admin}@'%'")
    with pytest.raises(Forbidden) as caught:
        users.provision_twin("second")
    users.sql(caught.value.do)
    assert_clone_follows(users)


def test_a_system_user(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    users.create()
    users.run(
        "GRANT SELECT ON app.* TO {user}@'%'",
        "GRANT SYSTEM_USER ON *.* TO {user}@'%'",
        "GRANT SYSTEM_USER ON *.* TO {admin}@'%' WITH GRANT OPTION",
    )
    assert_clone_follows(users)
    users.run("REVOKE SYSTEM_USER ON *.* FROM {admin}@'%'", "GRANT INSERT ON app.* TO {user}@'%'")
    with pytest.raises(Forbidden) as caught:
        users.provision_twin("third")
    assert caught.value.do == f"GRANT SYSTEM_USER ON *.* TO '{users.admin}'@'%'"
    users.sql(caught.value.do)
    users.provision_twin("third")
    users.verify_same_rights("third")


@pytest.mark.parametrize("gone", ["REVOKE {} FROM {{user}}@'%'", "DROP ROLE {}"])
def test_a_default_role_that_the_user_has_no_more(users: Users, gone: str) -> None:
    role, to = f"{users.name}_r", "FOR" if users.mariadb else "TO"
    users.create()
    users.sql(f"CREATE ROLE {role}")
    if users.mariadb:
        users.run(f"GRANT {role} TO {{admin}}@'%' WITH ADMIN OPTION")
    users.run(f"GRANT {role} TO {{user}}@'%'", f"SET DEFAULT ROLE {role} {to} {{user}}@'%'")
    users.run(gone.format(role))
    users.provision_twin("second")
    users.verify_same_rights("second")
    users.provision_twin("third", current="second", user=users.twin)
    users.verify_same_rights("third", users.name)


@pytest.mark.parametrize("name", ["name", "twin"])
def test_an_account_of_the_name_without_a_password(users: Users, name: str) -> None:
    users.create()
    users.provision_twin("second")
    users.sql("CREATE USER %s@'localhost'", getattr(users, name))
    try:
        users.provision_twin("third")
        users.verify_same_rights("third")
        users.provision_twin("fourth", current="third", user=users.twin)
    finally:
        users.sql("DROP USER %s@'localhost'", getattr(users, name))


def test_dynamic_privileges_with_an_option_each(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    users.sql(
        "GRANT BACKUP_ADMIN, XA_RECOVER_ADMIN ON *.* TO %s@'%%' WITH GRANT OPTION", users.admin
    )
    users.create()
    assert_clone_follows(
        users,
        "GRANT BACKUP_ADMIN ON *.* TO {user}@'%'",
        "GRANT XA_RECOVER_ADMIN ON *.* TO {user}@'%' WITH GRANT OPTION",
    )
    assert_clone_follows(
        users,
        "GRANT BACKUP_ADMIN ON *.* TO {user}@'%' WITH GRANT OPTION",
        "REVOKE XA_RECOVER_ADMIN ON *.* FROM {user}@'%'",
        "GRANT XA_RECOVER_ADMIN ON *.* TO {user}@'%'",
    )
    assert_clone_follows(users, "REVOKE BACKUP_ADMIN, XA_RECOVER_ADMIN ON *.* FROM {user}@'%'")


def test_partial_revokes(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    users.create()
    users.sql("CREATE DATABASE IF NOT EXISTS closed")
    users.sql("SET GLOBAL partial_revokes = ON")
    try:
        assert_clone_follows(
            users,
            "GRANT SELECT, INSERT, UPDATE ON *.* TO {user}@'%'",
            "REVOKE SELECT, INSERT ON closed.* FROM {user}@'%'",
            "REVOKE UPDATE ON app.* FROM {user}@'%'",
        )
        assert_clone_follows(users, "GRANT SELECT ON closed.* TO {user}@'%'")
        assert_clone_follows(users, "REVOKE INSERT, UPDATE ON *.* FROM {user}@'%'")
        users.run("DROP USER {user}@'%'", "DROP USER {twin}@'%'")
    finally:
        users.sql("SET GLOBAL partial_revokes = OFF")


def test_password_policies_of_the_account(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    users.create(
        more="PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 5 PASSWORD REUSE INTERVAL 3 DAY"
        " PASSWORD REQUIRE CURRENT FAILED_LOGIN_ATTEMPTS 4 PASSWORD_LOCK_TIME UNBOUNDED"
        """ ATTRIBUTE '{"note": "REQUIRE X509 PASSWORD EXPIRE"}'"""
    )
    users.provision_twin("second")
    users.provision_twin("second")  # the history has it now
    assert users.shown(users.twin) == users.shown(users.name)
    users.verify_same_rights("second")
    assert_clone_follows(
        users,
        "ALTER USER {user}@'%' PASSWORD EXPIRE NEVER PASSWORD HISTORY DEFAULT PASSWORD REUSE"
        " INTERVAL DEFAULT PASSWORD REQUIRE CURRENT OPTIONAL FAILED_LOGIN_ATTEMPTS 0"
        """ PASSWORD_LOCK_TIME 0 ATTRIBUTE '{{"note": null}}'""",
    )


def test_proxies(users: Users) -> None:
    users.create()
    # Only who may proxy for everybody may give that away, which nobody may here.
    users.sql(
        "INSERT INTO mysql.proxies_priv (Host, User, Proxied_host, Proxied_user, With_grant,"
        " Grantor) VALUES ('%%', %s, '', '', 1, ''), ('%%', %s, '10.%%', 'other TO', 1, '')",
        users.server.admin,
        users.name,
    )
    users.sql("FLUSH PRIVILEGES")
    with pytest.raises(Forbidden) as caught:
        users.provision_twin("second")
    assert caught.value.do == f"GRANT PROXY ON ''@'' TO '{users.admin}'@'%' WITH GRANT OPTION"
    users.sql(caught.value.do)
    assert_clone_follows(users)
    assert "PROXY" in str(users.shown(users.twin))
    assert_clone_follows(users, "REVOKE PROXY ON 'other TO'@'10.%' FROM {user}@'%'")
    assert "PROXY" not in str(users.shown(users.twin))


def test_a_right_that_cannot_be_read_is_told(mariadb_server: Server) -> None:
    """MariaDB prints a proxied user's name without escaping what is in it."""
    users = Users(mariadb_server)
    users.create_admin()
    users.create()
    users.sql(
        "INSERT INTO mysql.proxies_priv (Host, User, Proxied_host, Proxied_user, With_grant,"
        " Grantor) VALUES ('%%', %s, '%%', 'o''brien', 0, '')",
        users.name,
    )
    users.sql("FLUSH PRIVILEGES")
    with pytest.raises(Misconfigured, match="cannot be read"):
        users.provision_twin("second")
    assert not users.hosts(users.twin)


def test_rights_on_what_is_there_no_more(users: Users, caplog: pytest.LogCaptureFixture) -> None:
    users.create()
    users.sql("CREATE TABLE app.gone (a INT)")
    users.sql("CREATE TABLE app.narrower (a INT, b INT)")
    users.run(
        "GRANT SELECT, INSERT ON app.gone TO {user}@'%'",
        "GRANT SELECT (a, b) ON app.narrower TO {user}@'%'",
        "DROP TABLE app.gone",
        "ALTER TABLE app.narrower DROP COLUMN b",
    )
    users.provision_twin("second")
    users.verify_same_rights("second")
    users.provision_twin("second")
    users.sql("DROP TABLE app.narrower")
    shown = users.shown(users.twin)
    assert "GRANT SELECT, INSERT ON `app`.`gone` TO `user`@`%`" in shown
    assert "there any more" in caplog.text


@pytest.mark.parametrize("length", [26, 31])
def test_defect_9_long_names_on_mysql(mysql_server: Server, length: int) -> None:
    users = Users(mysql_server)
    users.create_admin()
    long = users.renamed(users.name.ljust(length, "x"))
    long.create()
    with long.session("first") as session, users.as_admin() as by:
        if length == 26:
            session.provision_twin(
                long.twin, Secret("second"), by=by, proves_ownership=lambda: False
            )
        else:
            with pytest.raises(MalformedSecret, match="32 characters") as caught:
                session.provision_twin(
                    long.twin, Secret("second"), by=by, proves_ownership=lambda: False
                )
            assert caught.value.field == "username"
    assert bool(users.hosts(long.twin)) is (length == 26)


def test_names_up_to_the_limit_on_mariadb(mariadb_server: Server) -> None:
    users = Users(mariadb_server)
    users.create_admin()
    long = users.renamed(users.name.ljust(122, "x"))
    long.create()

    with long.session("first") as session, users.as_admin() as by:
        session.provision_twin(long.twin, Secret("second"), by=by, proves_ownership=lambda: False)
    long.verify_same_rights("second")


@pytest.mark.parametrize("name", ["o'brien", "back`tick", "per%cent", "ünï ✓", 'dou"ble', "a@b"])
def test_any_name_of_a_user(users: Users, name: str) -> None:
    odd = users.renamed(f"{name}{users.name[-4:]}")
    odd.create()
    odd.sql("GRANT SELECT ON app.* TO %s@'%%'", odd.name)

    with odd.session("first") as session, users.as_admin() as by:
        session.provision_twin(odd.twin, Secret("second"), by=by, proves_ownership=lambda: False)
    assert odd.shown(odd.twin) == odd.shown(odd.name)
    odd.verify_same_rights("second")


def test_the_plugin_follows(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    users.sql(f"CREATE USER {users.name}@'%' IDENTIFIED WITH sha256_password BY 'first'")
    assert_clone_follows(users)


def test_verifying_sees_what_was_granted_or_revoked_by_hand(users: Users) -> None:
    users.create()
    assert_clone_follows(users, "GRANT SELECT ON app.* TO {user}@'%'")
    for change, back in (
        ("GRANT INSERT ON app.* TO {twin}@'%'", "REVOKE INSERT ON app.* FROM {twin}@'%'"),
        ("REVOKE SELECT ON app.* FROM {twin}@'%'", "GRANT SELECT ON app.* TO {twin}@'%'"),
        ("ALTER USER {twin}@'%' WITH MAX_UPDATES_PER_HOUR 5",
         "ALTER USER {twin}@'%' WITH MAX_UPDATES_PER_HOUR 0"),
    ):  # fmt: skip
        users.run(change)
        with pytest.raises(TargetMismatch, match="setSecret gave it"):
            users.verify_same_rights("second")
        users.run(back)
        users.verify_same_rights("second")
    other = users.renamed(f"{users.name}_other")
    other.create()
    with pytest.raises(TargetMismatch, match="no mark"):
        other.verify_same_rights("first", other.name)


# --- an admin whose own rights are restricted, as RDS's master's are ---

RESTRICTED = "INSERT, UPDATE, DELETE, CREATE, DROP, ALTER"


@pytest.fixture
def restricted(mysql_server: Server) -> Iterator[Users]:
    """Its admin may write to everything but the mysql schema."""
    users = Users(mysql_server)
    users.sql("SET GLOBAL partial_revokes = ON")
    try:
        users.create_admin()
        users.run(f"REVOKE {RESTRICTED} ON mysql.* FROM {{admin}}@'%'")
        users.create()
        yield users
    finally:
        for user in (users.admin, users.name, users.twin):
            users.sql("DROP USER IF EXISTS %s@'%%'", user)
        users.sql("SET GLOBAL partial_revokes = OFF")


def test_a_restriction_that_comes_along_is_not_made_again(restricted: Users) -> None:
    """The user was made by that admin, so it is restricted as that one is."""
    admin = partial(restricted.sql_as, restricted.admin, "admin")
    admin("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON *.* TO %s@'%%'", restricted.name)
    assert "REVOKE" in str(restricted.shown(restricted.name))
    assert_clone_follows(restricted)
    admin("GRANT DROP ON *.* TO %s@'%%'", restricted.name)
    assert_clone_follows(restricted)
    restricted.run("REVOKE INSERT ON *.* FROM {user}@'%'")
    assert_clone_follows(restricted)


def test_what_an_admin_may_not_give_is_told_by_the_grant_that_is_enough(restricted: Users) -> None:
    restricted.run("GRANT SELECT, INSERT ON *.* TO {user}@'%'")
    with pytest.raises(Forbidden) as caught:
        restricted.provision_twin("second")
    restricted.sql(caught.value.do)
    assert_clone_follows(restricted)


def test_a_restriction_of_the_users_own(restricted: Users) -> None:
    restricted.run(
        "GRANT SELECT, INSERT ON *.* TO {user}@'%'",
        "REVOKE INSERT ON mysql.* FROM {user}@'%'",
        "REVOKE SELECT ON app.* FROM {user}@'%'",
    )
    assert_clone_follows(restricted)
