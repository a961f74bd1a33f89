"""What an admin's look tells before anything is tried or changed, with no false alarm."""

from collections.abc import Callable

import pytest

from local.servers import Server
from rotators.mysql.testing import MySQLAlternatingTarget
from shared.errors import Forbidden, TargetMismatch
from tests.integration.mysql.users import Users
from tests.lab import Lab


@pytest.fixture(params=["mariadb", "mysql"])
def users(request: pytest.FixtureRequest) -> Users:
    users = Users(request.getfixturevalue(f"{request.param}_server"))
    users.create_admin()
    return users


def worth_trying(users: Users, password: str, admin: str = "admin") -> bool:
    with users.session("admin", f"{users.name}_{admin}") as session:
        return session.is_worth_trying(users.login(password))


def create_blind_admin(users: Users) -> None:
    users.sql("CREATE USER %s@'%%' IDENTIFIED BY 'admin'", f"{users.name}_blind")


# --- a guess ---


def test_a_guess_is_worth_it_where_an_account_has_the_password(users: Users) -> None:
    users.create()
    users.create(host="127.0.0.2")
    assert worth_trying(users, "first")
    assert not worth_trying(users, "second")
    with users.session("first") as session, users.as_admin() as by:
        session.add_password(users.login("second").password, by=by)
    assert worth_trying(users, "first")  # MySQL's second password
    assert worth_trying(users, "second")
    assert not worth_trying(users, "third")
    users.sql("DROP USER %s@'%%', %s@'127.0.0.2'", users.name, users.name)
    assert not worth_trying(users, "first")  # nobody is there


def test_who_may_not_look_guesses_unless_the_server_counts(users: Users) -> None:
    users.create()
    create_blind_admin(users)
    assert worth_trying(users, "second", "blind")
    if users.mariadb:
        users.sql("SET GLOBAL max_password_errors = 4")
        try:
            assert not worth_trying(users, "first", "blind")
            assert worth_trying(users, "first")  # who may look knows
        finally:
            users.sql("SET GLOBAL max_password_errors = DEFAULT")


# --- an admin's rights ---


def check_admin(users: Users, admin: str = "admin") -> None:
    by = users.session("admin", f"{users.name}_{admin}")
    with users.session("first") as session, by as admins:
        session.check_may_set_password(by=admins)


def check_twin(users: Users, password: str = "first", user: str | None = None) -> None:  # noqa: S107
    login = users.login(password, user)
    with users.engine().connect(login) as session, users.as_admin() as by:
        session.check_twin(login.twin, by=by)


def test_an_admin_that_may_not_change_accounts_is_told_so_beforehand(users: Users) -> None:
    users.create()
    check_admin(users)
    create_blind_admin(users)
    with pytest.raises(Forbidden) as caught:
        check_admin(users, "blind")
    assert caught.value.field == "masterarn"
    users.sql(caught.value.do)
    check_admin(users, "blind")


def test_what_may_come_by_a_role_is_no_alarm(users: Users) -> None:
    users.create()
    create_blind_admin(users)
    users.sql(f"CREATE ROLE {users.name}_role")
    users.sql(f"GRANT CREATE USER ON *.* TO {users.name}_role")
    users.sql(f"GRANT {users.name}_role TO {users.name}_blind")
    check_admin(users, "blind")


@pytest.mark.parametrize("server", ["mariadb_server", "mariadb_11_server"], indirect=True)
def test_what_everybody_may_is_no_alarm(server: Server) -> None:
    users = Users(server)
    users.create()
    create_blind_admin(users)
    users.sql("GRANT CREATE USER ON *.* TO PUBLIC")
    try:
        check_admin(users, "blind")
        with users.session("first") as session, users.session("admin", f"{users.name}_blind") as by:
            session.set_password(users.login("second").password, by=by)
    finally:
        users.sql("REVOKE CREATE USER ON *.* FROM PUBLIC")


def test_system_users_are_changed_by_such_alone(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    users.create()
    users.run("GRANT SYSTEM_USER ON *.* TO {user}@'%'")
    with pytest.raises(Forbidden) as caught:
        check_admin(users)
    users.sql(caught.value.do)
    check_admin(users)


def test_an_admin_that_may_not_give_what_the_user_has_is_told_so_beforehand(users: Users) -> None:
    """The dry run asks for what the real step asks for, and for nothing once that is done."""
    users.create()
    users.run("REVOKE INSERT ON *.* FROM {admin}@'%'", "GRANT INSERT ON app.* TO {user}@'%'")
    before = users.shown(users.name)
    with pytest.raises(Forbidden) as caught:
        check_twin(users)
    assert users.shown(users.name) == before
    assert users.hosts(users.twin) == set()
    with pytest.raises(Forbidden) as real:
        users.provision_twin("second")
    assert caught.value.do == real.value.do
    users.sql(caught.value.do)
    check_twin(users)
    users.provision_twin("second")
    users.verify_same_rights("second")
    check_twin(users)
    check_twin(users, "second", users.twin)


@pytest.mark.parametrize(
    "grants",
    [
        ["GRANT SELECT, INSERT ON `app`.* TO {admin}@'%' WITH GRANT OPTION"],
        [r"GRANT SELECT, INSERT ON `ap_`.* TO {admin}@'%' WITH GRANT OPTION"],
        ["GRANT ALL ON `a%`.* TO {admin}@'%' WITH GRANT OPTION"],
        ["GRANT ALL ON *.* TO {admin}@'%' WITH GRANT OPTION"],
        ["GRANT SELECT, INSERT ON *.* TO {admin}@'%' WITH GRANT OPTION"],
    ],
)
def test_whatever_is_enough_for_the_step_is_enough_for_the_look(
    users: Users, grants: list[str]
) -> None:
    users.run(
        "REVOKE ALL, GRANT OPTION FROM {admin}@'%'",
        "GRANT CREATE USER ON *.* TO {admin}@'%'",
        "GRANT SELECT ON mysql.* TO {admin}@'%'",
        "GRANT SELECT ON `rotation %`.* TO {admin}@'%' WITH GRANT OPTION",
        *grants,
    )
    users.sql("CREATE OR REPLACE VIEW app.seen AS SELECT 1 AS a, 2 AS b")
    users.create()
    users.run(
        "GRANT SELECT, INSERT ON app.* TO {user}@'%'",
        "GRANT SELECT (a) ON app.seen TO {user}@'%'",
    )
    check_twin(users)
    users.provision_twin("second")
    check_twin(users)


def test_somebody_elses_user_in_the_clones_place_is_told_beforehand(users: Users) -> None:
    users.create()
    users.create(host="127.0.0.9")
    users.provision_twin("second")
    users.sql("DROP USER %s@'127.0.0.9'", users.twin)
    users.create(user=users.twin, host="127.0.0.9")
    with pytest.raises(TargetMismatch):
        check_twin(users)


def test_a_rotation_that_only_tests_logs_in_as_the_admin_too(
    lab: Lab, users: Users, output: Callable[[], str]
) -> None:
    secret = lab.secret(MySQLAlternatingTarget(users.server, f"{users.name}_lab"))
    assert secret.rotate(RotateImmediately=False).state == "succeeded"
    assert secret.rotate().state == "succeeded"
    assert secret.rotate(RotateImmediately=False).state == "succeeded"
    assert "ERROR" not in output()
