"""What a message tells a person to run is run, as told, and the next attempt succeeds."""

import re
import socket
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest

from local.bootstrap import ROOT
from local.servers import Server, mysql
from local.servers.certificates import Authority
from shared.errors import (
    Forbidden,
    LockedOut,
    Misconfigured,
    Rejected,
    RejectedByPolicy,
    RotationError,
    TargetMismatch,
)
from shared.secret import Secret
from tests.greetings import greeting_as
from tests.integration.advice import assert_are_there, assert_each_is_run, statements_in
from tests.integration.mysql.users import Users

REGISTRY = {
    "ALTER USER {} ACCOUNT UNLOCK": "test_a_locked_account",
    "ALTER USER {} DISCARD OLD PASSWORD": "test_a_second_password_that_may_stay",
    "ALTER USER {} IDENTIFIED BY '<the new password>'": "test_another_password_that_stays",
    "ALTER USER {} IDENTIFIED BY '<the password in AWSCURRENT>'": (
        "test_a_plugin_that_is_not_loaded"
    ),
    "ALTER USER {} IDENTIFIED WITH caching_sha2_password BY '<the password in AWSCURRENT>'": (
        "test_a_plugin_that_is_not_loaded"
    ),
    "ALTER USER {} IDENTIFIED BY '<the password in AWSCURRENT>' PASSWORD EXPIRE NEVER": (
        "test_an_expired_password"
    ),
    "ALTER USER {} IDENTIFIED {}BY '<a long random password>'": (
        "test_an_original_without_a_password"
    ),
    "ALTER USER {} PASSWORD REQUIRE CURRENT OPTIONAL": "test_a_current_password_that_is_not_named",
    "ALTER USER {} {}": "test_an_account_that_wants_more_than_a_password",
    "CREATE USER {} IDENTIFIED BY '<a long random password>'": "test_an_original_that_is_not_there",
    "FLUSH PRIVILEGES": "test_a_user_that_mariadb_blocks",
    "GRANT CREATE USER ON *.* TO {}": "test_an_admin_without_the_right",
    "GRANT PROCESS ON *.* TO {}": (
        "test_an_admin_who_is_shown_nobody_holds_nothing_and_names_the_right"
    ),
    "GRANT SELECT ON mysql.* TO {}": "test_an_admin_that_may_not_look_is_told_the_grant",
    "GRANT SELECT ON {database}.* TO {}": "test_a_database_that_the_user_may_not_enter",
    "GRANT SELECT ON {} TO {}": "test_a_twin_that_is_somebody_elses",
    "GRANT SYSTEM_USER ON *.* TO {}": (
        "test_an_account_that_the_admin_may_not_change_stops_it_before_its_own"
    ),
    "GRANT {} TO {}": "test_without_the_right_it_says_which_and_changes_nothing",
    "SET GLOBAL strict_password_validation = OFF": "test_rules_that_want_the_password_in_clear",
    "TRUNCATE TABLE performance_schema.host_cache": "test_an_address_that_is_blocked",
}
CREATE_USER = "CREATE USER 'app'@'%' IDENTIFIED BY 'initial-password' REQUIRE SSL;"
# By the first line of the block.
DOCUMENTED = {
    CREATE_USER: "test_the_user_of_the_documents",
    "-- MySQL and MariaDB": "test_the_mark_of_the_documents",
    "-- MySQL and MariaDB, for each such line of SHOW GRANTS FOR 'app'@'%', and of app_clone": (
        "test_marks_may_be_taken_off_between_the_functions"
    ),
}


def test_each_advice_is_run() -> None:
    assert_each_is_run("mysql", REGISTRY)


def documented() -> list[str]:
    """The blocks of SQL in the pages but for strategies.md, whose every block has its own test."""
    block = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    pages = sorted((ROOT / "docs").glob("*.md"))
    return [
        found
        for page in pages
        if page.name != "strategies.md"
        for found in block.findall(page.read_text())
        if "'@'" in found or "MySQL" in found
    ]


def test_each_block_of_the_documents_is_run() -> None:
    assert {block.splitlines()[0] for block in documented()} == DOCUMENTED.keys()
    assert_are_there(DOCUMENTED.values())


@pytest.fixture(params=["mariadb", "mysql"])
def users(request: pytest.FixtureRequest) -> Users:
    users = Users(request.getfixturevalue(f"{request.param}_server"))
    users.create_admin()
    return users


@pytest.fixture
def on_mysql(mysql_server: Server) -> Users:
    users = Users(mysql_server)
    users.create_admin()
    return users


@pytest.fixture
def on_mariadb(mariadb_server: Server) -> Users:
    users = Users(mariadb_server)
    users.create_admin()
    return users


def test_the_user_of_the_documents(users: Users) -> None:
    users.sql(CREATE_USER.replace("'app'", f"'{users.name}'").replace("initial-password", "first"))
    rotate(users)


def test_the_mark_of_the_documents(users: Users) -> None:
    (block,) = [each for each in documented() if each.startswith("-- MySQL and MariaDB\n")]
    users.create()
    users.create(user=users.twin)
    users.sql(block.splitlines()[1].replace("app_clone", users.twin))
    users.provision_twin("second", proves_ownership=lambda: False)
    users.verify_same_rights("second")


def follow(users: Users, error: RotationError, current: str = "first", which: int = -1) -> None:
    """Run the SQL of the advice; which: of several ways, each after its `or`."""
    told = statements_in(re.split("; or,? ", error.do)[which])
    assert told
    for statement in told:
        filled = re.sub("<the (?:password in AWSCURRENT|new password)>", current, statement)
        users.sql(re.sub("<a long random password>", "a-long-random-password", filled))


def rotate(users: Users, new: str = "second", current: str = "first") -> None:
    with users.session(current) as session:
        session.set_password(Secret(new))
    assert users.accepted(current, new) == {new}


def refused(users: Users, kind: type[RotationError], current: str = "first") -> RotationError:
    with pytest.raises(kind) as caught:
        rotate(users, current=current)
    return caught.value


# --- the login ---


def test_a_locked_account(users: Users) -> None:
    users.create()
    users.run("ALTER USER {user}@'%' ACCOUNT LOCK")
    follow(users, refused(users, LockedOut))
    rotate(users)


def test_an_account_that_failed_logins_have_locked(on_mysql: Users) -> None:
    on_mysql.create(more="FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME 1")
    for _ in range(2):
        with pytest.raises(pymysql.OperationalError):
            on_mysql.connect(on_mysql.name, "wrong")
    follow(on_mysql, refused(on_mysql, LockedOut))
    rotate(on_mysql)


def test_a_user_that_mariadb_blocks(on_mariadb: Users) -> None:
    on_mariadb.create()
    on_mariadb.sql("SET GLOBAL max_password_errors = 2")
    try:
        for _ in range(2):
            assert not on_mariadb.accepts("wrong")
        follow(on_mariadb, refused(on_mariadb, LockedOut))
    finally:
        on_mariadb.sql("SET GLOBAL max_password_errors = DEFAULT")
    rotate(on_mariadb)


def test_an_expired_password(users: Users) -> None:
    users.create()
    users.run("ALTER USER {user}@'%' PASSWORD EXPIRE")
    follow(users, refused(users, Misconfigured))
    rotate(users)


def test_a_plugin_that_is_not_loaded(users: Users) -> None:
    plugin, library = ("ed25519", "auth_ed25519") if users.mariadb else ("auth_socket",) * 2
    maybe = "IF NOT EXISTS " if users.mariadb else ""  # other tests have it too
    install = f"INSTALL PLUGIN {maybe}{plugin} SONAME '{library}.so'"
    users.sql(install)
    how = "VIA" if users.mariadb else "WITH"
    users.sql(f"CREATE USER %s@'%%' IDENTIFIED {how} {plugin}", users.name)
    users.sql(f"UNINSTALL PLUGIN {plugin}")
    try:
        error = refused(users, Misconfigured)
        assert f"plugin {plugin} " in error.what
        follow(users, error, which=-1 if users.mariadb else -2)
        rotate(users)
    finally:
        if users.mariadb:
            users.sql(install)


def test_a_database_that_the_user_may_not_enter(users: Users) -> None:
    users.create()
    users.sql("CREATE DATABASE IF NOT EXISTS `kept ``apart`")
    login = replace(users.login("first"), dbname="kept `apart")
    with pytest.raises(Forbidden) as caught, users.engine().connect(login):
        pass
    follow(users, caught.value)
    with users.engine().connect(login) as session:
        session.ping()


@pytest.mark.parametrize("more", ["REQUIRE X509", "REQUIRE SUBJECT '/CN=app'"])
def test_an_account_that_wants_a_certificate(users: Users, more: str) -> None:
    users.create(more=more)
    tell_what_more_it_wants(users, "a client certificate")


def test_an_account_that_wants_more_than_a_password(on_mysql: Users) -> None:
    on_mysql.sql("INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'")
    try:
        on_mysql.create(more="AND IDENTIFIED WITH auth_socket")
        tell_what_more_it_wants(on_mysql, "a second factor")
    finally:
        on_mysql.sql("UNINSTALL PLUGIN auth_socket")


def tell_what_more_it_wants(users: Users, what: str) -> None:
    """What the server says is the same as for a wrong password: the admin's look tells."""
    error = refused(users, Rejected)
    assert what.removeprefix("a ").removeprefix("client ") in error.do
    with users.as_admin() as admin, pytest.raises(Misconfigured, match=what) as caught:
        admin.is_worth_trying(users.login("first"))
    follow(users, caught.value)
    rotate(users)


def test_an_address_that_is_blocked(tmp_path: Path, authority: Authority) -> None:
    """It is: the server counts broken connections of every address but its own."""
    settings = {"skip_name_resolve": "OFF", "max_connect_errors": "1"}
    with mysql(tmp_path, authority, settings=settings) as server:
        users = Users(server)
        users.create()
        for _ in range(2):
            with socket.create_connection(
                (server.host, server.port), source_address=("127.0.0.2", 0)
            ) as broken:
                broken.recv(1)
                broken.sendall(b"no MySQL at all")
                while broken.recv(4096):
                    pass
        with greeting_as(server, server.version, source="127.0.0.2") as relayed:
            through = Users(relayed, users.name)
            with pytest.raises(LockedOut) as caught, through.session("first"):
                pass
            follow(users, caught.value)
            with through.session("first") as session:
                session.ping()


# --- the password ---


def test_a_current_password_that_is_not_named(on_mysql: Users) -> None:
    on_mysql.create(more="PASSWORD REQUIRE CURRENT")
    with on_mysql.session("first") as session, on_mysql.as_admin() as by:
        session.add_password(Secret("second"), by=by)
    with on_mysql.session("first") as session, pytest.raises(Misconfigured) as caught:
        session.set_password(Secret("third"))
    follow(on_mysql, caught.value)
    with on_mysql.session("first") as session:
        session.set_password(Secret("third"))
    assert on_mysql.accepts("third")


def test_a_second_password_that_may_stay(on_mysql: Users, caplog: pytest.LogCaptureFixture) -> None:
    on_mysql.create()
    with on_mysql.session("first") as session, on_mysql.as_admin() as by:
        session.add_password(Secret("second"), by=by)
    with on_mysql.session("first") as session:
        session.set_password(Secret("third"))
    assert on_mysql.accepted("first", "third") == {"first", "third"}
    (told,) = statements_in(caplog.messages[-1])
    on_mysql.sql(told)
    assert on_mysql.accepted("first", "third") == {"third"}


def test_another_password_that_stays(on_mariadb: Users, caplog: pytest.LogCaptureFixture) -> None:
    on_mariadb.create()
    with on_mariadb.session("first") as session, on_mariadb.as_admin() as by:
        session.add_password(Secret("second"), by=by)
    with on_mariadb.session("first") as session:
        session.set_password(Secret("third"))
    assert on_mariadb.accepted("first", "third") == {"first", "third"}
    (told,) = statements_in(caplog.messages[-1])
    on_mariadb.sql(told.replace("<the new password>", "third"))
    assert on_mariadb.accepted("first", "third") == {"third"}


def test_rules_that_want_the_password_in_clear(on_mariadb: Users) -> None:
    on_mariadb.create()
    on_mariadb.sql("INSTALL SONAME 'simple_password_check'")
    try:
        follow(on_mariadb, refused(on_mariadb, RejectedByPolicy))
        rotate(on_mariadb)
    finally:
        on_mariadb.sql("SET GLOBAL strict_password_validation = DEFAULT")
        on_mariadb.sql("UNINSTALL SONAME 'simple_password_check'")


# --- the pair ---


def take_over(users: Users) -> None:
    users.provision_twin("third", current="second", user=users.twin, proves_ownership=lambda: False)
    users.verify_same_rights("third", users.name)


def clone_with_rights(users: Users) -> None:
    users.create()
    users.run("GRANT SELECT, INSERT ON app.* TO {user}@'%'", "GRANT PROCESS ON *.* TO {user}@'%'")
    users.provision_twin("second")


def test_an_original_that_is_not_there(users: Users) -> None:
    clone_with_rights(users)
    users.create(host="10.1.2.3")
    users.run("DROP USER {user}@'%'")
    with pytest.raises(TargetMismatch) as caught:
        take_over(users)
    follow(users, caught.value)
    take_over(users)


def test_an_original_without_a_password(users: Users) -> None:
    clone_with_rights(users)
    plugin = "unix_socket" if users.mariadb else "auth_socket"
    if not users.mariadb:
        users.sql("INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'")
    how = "VIA" if users.mariadb else "WITH"
    users.run(f"ALTER USER {{user}}@'%' IDENTIFIED {how} {plugin}")
    with pytest.raises(TargetMismatch) as caught:
        take_over(users)
    follow(users, caught.value)
    take_over(users)
    if not users.mariadb:
        users.sql("UNINSTALL PLUGIN auth_socket")


def test_a_twin_that_is_somebody_elses(users: Users) -> None:
    users.create()
    users.create(user=users.twin)
    with pytest.raises(TargetMismatch) as caught:
        users.provision_twin("second", proves_ownership=lambda: False)
    adopt, _, _ = caught.value.do.partition("; if not")
    for statement in statements_in(adopt):
        users.sql(statement)
    users.provision_twin("second", proves_ownership=lambda: False)
    users.verify_same_rights("second")


@pytest.mark.parametrize("way", [0, 1])
def test_a_right_that_only_the_clone_has(users: Users, way: int) -> None:
    """Granted to the original, or revoked from the clone: both ways are told whole."""
    clone_with_rights(users)
    users.run(
        "GRANT EXECUTE ON app.* TO {twin}@'%'",
        "GRANT UPDATE, DELETE ON `od``d`.* TO {twin}@'%' WITH GRANT OPTION",
    )
    with pytest.raises(TargetMismatch) as caught:
        take_over(users)
    follow(users, caught.value, which=way)
    take_over(users)
