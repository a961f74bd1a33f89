"""Two passwords of one MySQL or MariaDB account: the current one is never lost."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from local.servers import Server, mariadb, mysql
from local.servers.certificates import Authority
from rotators.mysql.passwords.mysql import MySQLPasswords
from rotators.mysql.plugins.stored import native_password_hash
from shared.errors import (
    Busy,
    Forbidden,
    Misconfigured,
    Rejected,
    RejectedByPolicy,
    RotationError,
    TargetMismatch,
    Unreachable,
)
from shared.secret import Secret
from tests.integration.mysql.users import Users

PASSWORDS = ("first", "second", "third", "fourth")


@pytest.fixture(params=["mariadb", "mysql"])
def users(request: pytest.FixtureRequest) -> Users:
    users = Users(request.getfixturevalue(f"{request.param}_server"))
    users.create_admin()
    return users


@pytest.fixture(params=["own", "admin"])
def by(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def allow_two_passwords(users: Users) -> None:
    right = "CREATE USER" if users.mariadb else "APPLICATION_PASSWORD_ADMIN"
    users.run(f"GRANT {right} ON *.* TO {{user}}@'%'")


def create_user(users: Users, by: str, more: str = "") -> None:
    users.create(more=more)
    if by == "own":
        allow_two_passwords(users)


def add(users: Users, new: str, current: str, by: str) -> None:
    """What setSecret does with PASSWORD_OVERLAP."""
    with users.session(current) as session, admin(users, by) as other:
        session.add_password(Secret(new), by=other)


def replace(users: Users, new: str, current: str, by: str) -> None:
    """What setSecret does without."""
    with users.session(current) as session, admin(users, by) as other:
        session.set_password(Secret(new), by=other)


def end_others(users: Users, current: str, by: str) -> None:
    """What finishSecret does with OLD_PASSWORD_ENDS=on-finish."""
    with users.session(current) as session, admin(users, by) as other:
        session.end_other_passwords(Secret(current), by=other)


def admin(users: Users, by: str) -> Any:  # noqa: ANN401 - a session, or none
    return users.as_admin() if by == "admin" else nullcontext()


# --- two passwords ---


@pytest.mark.parametrize("history", ["", "PASSWORD HISTORY 9", "PASSWORD REUSE INTERVAL 9 DAY"])
@pytest.mark.parametrize(
    "attempts",
    [
        ["second"],
        ["second", "second"],  # retried
        ["second", "third"],  # given up
        ["second", "third", "third", "fourth"],
    ],
)
def test_the_new_and_the_current_password_and_no_third(
    users: Users, by: str, attempts: list[str], history: str
) -> None:
    create_user(users, by, "" if users.mariadb else history)
    for new in attempts:
        add(users, new, "first", by)
        assert users.accepted(*PASSWORDS) == {"first", new}


def test_rotations_follow_each_other(users: Users, by: str) -> None:
    create_user(users, by)
    current = "first"
    for turn in range(4):
        new = f"turn-{turn}"
        add(users, new, current, by)
        assert users.accepted(*PASSWORDS, *(f"turn-{n}" for n in range(turn + 1))) == {current, new}
        current = new


@pytest.mark.parametrize("history", ["", "PASSWORD HISTORY 9"])
def test_two_copies_at_once(users: Users, by: str, history: str) -> None:
    create_user(users, by, "" if users.mariadb else history)
    with ThreadPoolExecutor(2) as pool:
        for copy in [pool.submit(add, users, "second", "first", by) for _ in range(2)]:
            copy.result()
    assert users.accepted(*PASSWORDS) == {"first", "second"}
    with ThreadPoolExecutor(2) as pool:
        for copy in [pool.submit(add, users, "third", "second", by) for _ in range(2)]:
            copy.result()
    assert users.accepted(*PASSWORDS) == {"second", "third"}


def test_the_current_password_is_accepted_at_every_instant(users: Users, by: str) -> None:
    create_user(users, by)
    done, refused = False, 0

    def client() -> int:
        refused = 0
        while not done:
            refused += not users.accepts("first")
        return refused

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(client)
        for turn in range(10):
            add(users, f"turn-{turn}", "first", by)
        done = True
        refused = watching.result()
    assert refused == 0


def test_without_the_right_it_says_which_and_changes_nothing(users: Users) -> None:
    users.create()
    with pytest.raises(Forbidden) as caught:
        add(users, "second", "first", "own")
    assert users.accepted(*PASSWORDS) == {"first"}
    # What the message says is enough.
    users.sql(caught.value.do.split(";")[0])
    add(users, "second", "first", "own")
    assert users.accepted(*PASSWORDS) == {"first", "second"}


def test_a_server_that_keeps_one_password_only(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create()
    with users.session("first") as session:
        facts = session.connection.server._replace(has_dual_passwords=False)
        vars(session.connection)["server"] = facts
        passwords = MySQLPasswords(session.connection)
        with pytest.raises(Forbidden, match=r"older than 8\.0\.14"):
            passwords.add(Secret("second"), None)
        passwords.replace(Secret("second"), None)
    assert users.accepted(*PASSWORDS) == {"second"}


# --- and one again ---


@pytest.mark.parametrize("history", ["", "PASSWORD HISTORY 9"])
def test_the_other_password_ends_at_the_finish(users: Users, by: str, history: str) -> None:
    create_user(users, by, "" if users.mariadb else history)
    add(users, "second", "first", by)
    for _ in range(2):
        end_others(users, "second", by)
        assert users.accepted(*PASSWORDS) == {"second"}


def test_ending_the_other_needs_the_right_too(users: Users) -> None:
    users.create()
    add(users, "second", "first", "admin")
    with pytest.raises(Forbidden) as caught:
        end_others(users, "second", "own")
    assert users.accepted(*PASSWORDS) == {"first", "second"}
    users.sql(caught.value.do.split(";")[0])
    end_others(users, "second", "own")
    assert users.accepted(*PASSWORDS) == {"second"}


def test_the_password_that_is_kept_may_be_the_older_one(users: Users, by: str) -> None:
    create_user(users, by)
    add(users, "second", "first", by)
    end_others(users, "first", by)
    assert users.accepted(*PASSWORDS) == {"first"}


@pytest.mark.parametrize("history", ["", "PASSWORD HISTORY 9"])
@pytest.mark.parametrize("current", ["first", "second"])
def test_a_plain_change_ends_both(users: Users, by: str, current: str, history: str) -> None:
    create_user(users, by, "" if users.mariadb else history)
    add(users, "second", "first", by)
    replace(users, "third", current, by)
    assert users.accepted(*PASSWORDS) == {"third"}


def test_a_password_that_cannot_be_ended_is_told(
    users: Users, caplog: pytest.LogCaptureFixture
) -> None:
    users.create()
    add(users, "second", "first", "admin")
    replace(users, "third", "first", "own")
    assert users.accepted(*PASSWORDS) == {"first", "third"}
    assert "has no right to end" in caplog.text
    assert not [password for password in PASSWORDS if f"'{password}'" in caplog.text]


# --- the admin ---


@pytest.mark.parametrize("change", [add, replace, end_others])
def test_an_admin_without_the_right(
    users: Users, caplog: pytest.LogCaptureFixture, change: Callable[..., None]
) -> None:
    """It is the admin that is told so: the user's own right is not used in place of its."""
    create_user(users, "own")
    users.run("GRANT CREATE USER ON *.* TO {user}@'%'")
    add(users, "second", "first", "own")
    users.run("REVOKE CREATE USER, INSERT, UPDATE, DELETE ON *.* FROM {admin}@'%'")
    if not users.mariadb:
        users.run("REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM {admin}@'%'")
    caplog.clear()
    new = ("third",) if change is not end_others else ()
    with pytest.raises(Forbidden) as caught:
        change(users, *new, "second", "admin")
    assert caught.value.field == "masterarn"
    assert caught.value.do == f"GRANT CREATE USER ON *.* TO '{users.admin}'@'%'"
    assert users.accepted(*PASSWORDS) == {"first", "second"}
    assert not caplog.text
    users.sql(caught.value.do)
    change(users, *new, "second", "admin")
    assert users.accepts("third" if new else "second")


def test_an_admin_of_less_than_a_system_user(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    users.create()
    users.run("GRANT SYSTEM_USER ON *.* TO {user}@'%'")
    with pytest.raises(Forbidden) as caught:
        replace(users, "second", "first", "admin")
    assert caught.value.do == f"GRANT SYSTEM_USER ON *.* TO '{users.admin}'@'%'"
    users.sql(caught.value.do)
    replace(users, "second", "first", "admin")
    assert users.accepted(*PASSWORDS) == {"second"}


# --- one password ---


@pytest.mark.parametrize("history", ["", "PASSWORD HISTORY 9"])
def test_two_copies_of_a_plain_change(users: Users, by: str, history: str) -> None:
    users.create(more="" if users.mariadb else history)
    with users.session("first") as one, users.session("first") as two, admin(users, by) as other:
        one.set_password(Secret("second"), by=other)
        two.set_password(Secret("second"), by=other)
    assert users.accepted(*PASSWORDS) == {"second"}


def test_a_password_that_the_history_refuses(mysql_server: Server, by: str) -> None:
    users = Users(mysql_server)
    users.create_admin()
    users.create(more="PASSWORD HISTORY 9")
    replace(users, "second", "first", by)
    with pytest.raises(Busy, match="history"):
        replace(users, "first", "second", by)
    assert users.accepted(*PASSWORDS) == {"second"}


def test_a_user_who_has_to_name_the_current_password(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create(more="PASSWORD REQUIRE CURRENT")
    replace(users, "second", "first", "own")
    assert users.accepted(*PASSWORDS) == {"second"}


def test_a_user_who_has_to_name_the_current_password_has_two(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    create_user(users, "own", "PASSWORD REQUIRE CURRENT")
    with ThreadPoolExecutor(2) as pool:
        for copy in [pool.submit(add, users, "second", "first", "own") for _ in range(2)]:
            copy.result()
    add(users, "second", "first", "own")  # a retry
    assert users.accepted(*PASSWORDS) == {"first", "second"}
    # The rotation is given up: the session's own is the second one, which cannot be named.
    for change in (add, replace):
        with pytest.raises(Misconfigured) as caught:
            change(users, "third", "first", "own")
        assert "ADMIN_SETS_PASSWORD" in caught.value.do
        assert users.accepted(*PASSWORDS) == {"first", "second"}
    add(users, "third", "first", "admin")
    assert users.accepted(*PASSWORDS) == {"first", "third"}


def test_other_ways_to_log_in_are_kept(mariadb_server: Server, by: str) -> None:
    users = Users(mariadb_server)
    users.create_admin()
    native = native_password_hash(Secret("first"))
    users.sql(
        "CREATE USER %s@'%%' IDENTIFIED VIA mysql_native_password USING %s"
        " OR unix_socket USING 'a%%b'",
        users.name,
        native,
    )
    allow_two_passwords(users)
    add(users, "second", "first", by)
    replace(users, "third", "first", by)
    assert users.accepted(*PASSWORDS) == {"third"}
    assert "unix_socket USING 'a%b'" in str(users.sql("SHOW CREATE USER %s@'%%'", users.name)[0][0])


def test_other_ways_to_log_in_are_kept_of_a_pair(mariadb_server: Server) -> None:
    users = Users(mariadb_server)
    users.create_admin()
    users.sql(
        "CREATE USER %s@'%%' IDENTIFIED VIA mysql_native_password USING %s"
        " OR unix_socket USING 'a%%b'",
        users.name,
        native_password_hash(Secret("first")),
    )
    users.provision_twin("second")
    users.provision_twin("third", current="second", user=users.twin)
    users.verify_same_rights("third", users.name)
    shown = str(users.sql("SHOW CREATE USER %s@'%%'", users.name)[0][0])
    assert "unix_socket USING 'a%b'" in shown


def test_a_login_that_the_server_takes_for_another(users: Users) -> None:
    users.sql("CREATE USER ''@'%' IDENTIFIED BY 'first'")
    try:
        for change in ("replace", "add", "end_others"):
            with (
                users.session("first") as session,
                pytest.raises(TargetMismatch, match="another account") as caught,
            ):
                getattr(session._passwords, change)(Secret("second"), None)
            assert "of one's own" in caught.value.do
        assert users.accepts("first")
    finally:
        users.sql("DROP USER ''@'%'")


# --- what the server's rules refuse ---


@contextmanager
def password_rules(users: Users) -> Iterator[None]:
    """A server that checks passwords."""
    what = (
        "SONAME 'simple_password_check'"
        if users.mariadb
        else "COMPONENT 'file://component_validate_password'"
    )
    users.sql(f"INSTALL {what}")
    try:
        yield
    finally:
        users.sql(f"UNINSTALL {what}")


def test_the_rules_for_passwords(users: Users, by: str) -> None:
    create_user(users, by)
    with password_rules(users):
        for change in (add, replace):
            with pytest.raises(RejectedByPolicy) as caught:
                change(users, "weak", "first", by)
            assert caught.value.field
            assert "weak" not in str(caught.value)
        assert users.accepted("first", "weak") == {"first"}
        if users.mariadb:
            # It cannot check a hash: with this setting it does not ask to.
            users.sql("SET GLOBAL strict_password_validation = OFF")
            try:
                replace(users, "weak", "first", by)
            finally:
                users.sql("SET GLOBAL strict_password_validation = ON")
        else:
            replace(users, "S0me.thing-longer", "first", by)


@pytest.mark.parametrize(
    ("password", "field"),
    [
        ("Sh0rt.", "PASSWORD_LENGTH"),
        ("No-Digits-In-This", "EXCLUDE_NUMBERS"),
        ("Too-Few-D1gits", "MINIMUM_NUMBERS"),
        ("no-upper-case-12", "EXCLUDE_UPPERCASE"),
        ("NO-LOWER-CASE-12", "EXCLUDE_LOWERCASE"),
        ("NoPunctuation12", "EXCLUDE_PUNCTUATION"),
        ("One.Punctuation12", "MINIMUM_PUNCTUATION"),
    ],
)
def test_the_setting_that_breaks_the_rules_is_named(
    mysql_server: Server, by: str, password: str, field: str
) -> None:
    users = Users(mysql_server)
    users.create_admin()
    create_user(users, by)
    with password_rules(users):
        users.sql("SET GLOBAL validate_password.number_count = 2")
        users.sql("SET GLOBAL validate_password.special_char_count = 2")
        password = password.replace("-", "._", 1) if "One" not in password else password
        for change in (add, replace):
            with pytest.raises(RejectedByPolicy) as caught:
                change(users, password, "first", by)
            assert caught.value.field == field
            assert field in caught.value.do
    assert users.accepted("first", password) == {"first"}


@pytest.mark.parametrize("length", [8, 60])
@pytest.mark.parametrize("history", ["", "PASSWORD HISTORY 9"])
def test_rules_that_the_old_password_breaks(
    mysql_server: Server, by: str, history: str, length: int
) -> None:
    """They were made stricter since it was set."""
    users = Users(mysql_server)
    users.create_admin()
    create_user(users, by, history)
    add(users, "second", "first", by)
    third, fourth = (f"{word}-Is.Str0ng" * 5 for word in ("third", "fourth"))
    with password_rules(users):
        users.sql(f"SET GLOBAL validate_password.length = {length}")
        for _ in range(2):
            add(users, third, "first", by)
            assert users.accepted(*PASSWORDS, third) == {"first", third}
        end_others(users, third, by)
        assert users.accepted(*PASSWORDS, third) == {third}
        add(users, fourth, third, by)
        assert users.accepted(*PASSWORDS, third, fourth) == {third, fourth}


def test_a_weak_password_that_is_there_already_is_kept(mysql_server: Server, by: str) -> None:
    users = Users(mysql_server)
    users.create_admin()
    create_user(users, by)
    add(users, "second", "first", by)
    with password_rules(users):
        end_others(users, "second", by)
    assert users.accepted(*PASSWORDS) == {"second"}


def test_a_read_only_server_is_no_rule_for_passwords(users: Users) -> None:
    create_user(users, "own")
    users.sql("SET GLOBAL read_only = ON")
    try:
        with pytest.raises(Unreachable) as caught:
            replace(users, "second", "first", "own")
    finally:
        users.sql("SET GLOBAL read_only = OFF")
    assert caught.value.field == "host"


# --- without TLS ---


def test_without_tls_no_password_goes_in_clear(tmp_path: Path, authority: Authority) -> None:
    options = {"require_secure_transport": "OFF"}
    with mysql(tmp_path, authority, settings=options) as server:
        users = Users(server)
        users.create_admin()
        users.create()
        # The server has not seen the password yet, so it asks for all of it.
        with pytest.raises(Misconfigured) as caught, users.session("first", tls=False):
            pass
        assert caught.value.field == "ssl"
        assert users.accepts("first")
        # Now it has, and takes a scramble.
        with users.session("first", tls=False) as session:
            session.ping()
            assert_refused(Misconfigured, lambda: session.set_password(Secret("second")))
            assert_refused(
                Misconfigured,
                lambda: session.add_password(Secret("second")),
            )
            assert_refused(Misconfigured, lambda: session.end_other_passwords(Secret("first")))
        assert users.accepts("admin", users.admin)
        with (
            users.session("first") as session,
            users.session("admin", users.admin, tls=False) as by,
        ):
            assert_refused(
                Misconfigured,
                lambda: session.provision_twin(
                    users.twin, Secret("second"), by=by, proves_ownership=lambda: False
                ),
            )
        users.sql(f"CREATE USER {users.twin} IDENTIFIED WITH sha256_password BY 'first'")
        with pytest.raises(Misconfigured), users.session("first", users.twin, tls=False):
            pass
        with pytest.raises(Rejected), users.session("wrong", tls=True):
            pass
        assert users.accepted(*PASSWORDS) == {"first"}


def test_without_tls_mariadb_gets_a_hash(tmp_path: Path, authority: Authority) -> None:
    with mariadb(tmp_path, authority, settings={"require_secure_transport": "OFF"}) as server:
        users = Users(server)
        users.create()
        with users.session("first", tls=False) as session:
            session.set_password(Secret("second"))
        with users.session("second", tls=False) as session:
            session.ping()


def assert_refused(kind: type[RotationError], change: Any) -> None:  # noqa: ANN401 - any call
    with pytest.raises(kind) as caught:
        change()
    assert caught.value.field == "ssl"
