"""Several accounts of one name: each gets the new password, or a warning says that it does not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from typing import Any

import pytest

from local.servers import Server
from rotators.mysql.testing import MySQLTarget
from shared.errors import Forbidden
from shared.protocol.event import Step
from shared.secret import Secret
from tests.integration.mysql.users import Users
from tests.lab import Lab
from tests.leaked import is_open

PASSWORDS = ("first", "second", "third")
HERE, THERE = "127.0.0.1", "127.0.0.2"


@pytest.fixture(params=["mariadb", "mysql"])
def users(request: pytest.FixtureRequest) -> Users:
    """With two accounts of one password, and a third that is somebody else's."""
    users = Users(request.getfixturevalue(f"{request.param}_server"))
    users.create_admin()
    for host in (HERE, THERE):
        users.create(host=host)
    users.sql("CREATE USER %s@'127.0.0.3' IDENTIFIED BY 'strangers'", users.name)
    return users


@pytest.fixture(params=["admin", "own"])
def by(request: pytest.FixtureRequest, users: Users) -> str:
    """Who may look and change: an admin, or the user itself."""
    if request.param == "own":
        more = "" if users.mariadb else ", APPLICATION_PASSWORD_ADMIN"
        for host in (HERE, THERE):
            users.sql(f"GRANT CREATE USER{more} ON *.* TO %s@%s", users.name, host)
            users.sql("GRANT SELECT ON mysql.* TO %s@%s", users.name, host)
    return str(request.param)


def change(users: Users, how: str, new: str, current: str, by: str = "admin") -> None:
    admin: Any = users.as_admin() if by == "admin" else nullcontext()
    with users.session(current) as session, admin as other:
        getattr(session, how)(Secret(new), by=other)


def accepted(users: Users, *passwords: str) -> set[str]:
    """What both hosts accept, which is the same."""
    here, there = (users.accepted(*passwords, source=source) for source in (HERE, THERE))
    assert here == there
    assert users.accepts("strangers", source="127.0.0.3")
    return here


def test_the_new_password_is_every_hosts(users: Users, by: str) -> None:
    change(users, "set_password", "second", "first", by)
    assert accepted(users, *PASSWORDS) == {"second"}
    change(users, "set_password", "third", "second", by)
    assert accepted(users, *PASSWORDS) == {"third"}


def test_two_passwords_are_every_hosts(users: Users, by: str) -> None:
    for _ in range(2):  # a retry
        change(users, "add_password", "second", "first", by)
        assert accepted(users, *PASSWORDS) == {"first", "second"}
    # Given up: MySQL has the session's own as its second one then.
    change(users, "add_password", "third", "first", by)
    assert accepted(users, *PASSWORDS) == {"first", "third"}
    change(users, "end_other_passwords", "third", "third", by)
    assert accepted(users, *PASSWORDS) == {"third"}


def test_a_plain_change_ends_both_everywhere(users: Users, by: str) -> None:
    change(users, "add_password", "second", "first", by)
    change(users, "set_password", "third", "first", by)
    assert accepted(users, *PASSWORDS) == {"third"}


def test_the_old_password_is_put_back_everywhere(users: Users, by: str) -> None:
    """As SHORT_GAP does where the new one is no good."""
    admin: Any = users.as_admin() if by == "admin" else nullcontext()
    with users.session("first") as session, admin as other:
        session.set_password(Secret("second"), by=other)
        session.set_password(Secret("first"), by=other)
    assert accepted(users, *PASSWORDS) == {"first"}


@pytest.mark.parametrize("how", ["set_password", "add_password"])
def test_a_crash_in_the_middle_is_healed(
    users: Users, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The account that logged in is the last, so the next attempt begins with the old password."""
    own = {"set_password": "replace", "add_password": "add"}[how]
    with users.session("first") as session, users.as_admin() as by:

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(session._passwords, own, crash)
        with pytest.raises(KeyboardInterrupt):
            getattr(session, how)(Secret("second"), by=by)
    assert users.accepts("first", source=HERE)
    assert users.accepts("second", source=THERE)
    change(users, how, "second", "first")
    assert accepted(users, *PASSWORDS) == {"second"} | ({"first"} if own == "add" else set())


def test_the_sessions_of_every_account_of_the_name_end(users: Users) -> None:
    with (
        users.session("first") as session,
        closing(users.connect(users.name, "first", source=THERE)) as there,
        closing(users.connect(users.name, "strangers", source="127.0.0.3")) as strangers,
        closing(users.connect(users.admin, "admin")) as another,
    ):
        assert len(session.end_other_sessions()) == 2
        assert [is_open(each) for each in (there, strangers, another)] == [False, False, True]
        session.ping()


def test_two_copies_at_once(users: Users) -> None:
    """MySQL's RETAIN done twice would put the current password out of the account."""
    with ThreadPoolExecutor(2) as pool:
        copies = [pool.submit(change, users, "add_password", "second", "first") for _ in range(2)]
        for copy in copies:
            copy.result()
    assert accepted(users, *PASSWORDS) == {"first", "second"}


def test_a_locked_one_has_no_old_password_when_it_is_unlocked(users: Users) -> None:
    users.sql("ALTER USER %s@%s ACCOUNT LOCK", users.name, THERE)
    change(users, "set_password", "second", "first")
    users.sql("ALTER USER %s@%s ACCOUNT UNLOCK", users.name, THERE)
    assert accepted(users, *PASSWORDS) == {"second"}


def test_of_a_server_that_keeps_one_password_only(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    for host in (HERE, THERE):
        users.create(host=host)
    with users.session("first") as session, users.as_admin() as by:
        for each in (session, by):
            facts = each.connection.server._replace(has_dual_passwords=False)
            vars(each.connection)["server"] = facts
        assert by.is_worth_trying(users.login("first"))
        with pytest.raises(Forbidden, match=r"8\.0\.14"):
            session.add_password(Secret("second"), by=by)
        session.set_password(Secret("second"), by=by)
    for source in (HERE, THERE):
        assert users.accepted(*PASSWORDS, source=source) == {"second"}


def test_who_may_look_and_not_change_is_warned_of_such_accounts_alone(
    users: Users, caplog: pytest.LogCaptureFixture
) -> None:
    for host in (HERE, THERE):
        users.sql("GRANT SELECT ON mysql.* TO %s@%s", users.name, host)
    change(users, "set_password", "second", "first", "own")
    assert f"the account '{users.name}'@'{THERE}' keeps the old password" in caplog.text
    assert "set ADMIN_SETS_PASSWORD" in caplog.text
    assert users.accepted(*PASSWORDS, source=THERE) == {"first"}
    caplog.clear()
    change(users, "set_password", "third", "second", "own")  # there is none any more
    assert "keeps the old password" not in caplog.text


def test_an_admin_that_may_not_look_is_told_the_grant(
    users: Users, caplog: pytest.LogCaptureFixture
) -> None:
    users.sql("CREATE USER %s@'%%' IDENTIFIED BY 'blind'", f"{users.name}_blind")
    users.sql("GRANT CREATE USER ON *.* TO %s@'%%'", f"{users.name}_blind")

    def rotate(new: str, current: str) -> None:
        blind = users.session("blind", f"{users.name}_blind")
        with users.session(current) as session, blind as by:
            session.set_password(Secret(new), by=by)

    rotate("second", "first")
    assert "if there are any" in caplog.text
    assert users.accepted(*PASSWORDS, source=THERE) == {"first"}
    users.sql(caplog.messages[0].rpartition(": ")[2])
    users.sql("ALTER USER %s@%s IDENTIFIED BY 'second'", users.name, THERE)
    caplog.clear()
    rotate("third", "second")
    assert accepted(users, *PASSWORDS) == {"third"}
    assert not caplog.messages


def test_an_account_that_the_admin_may_not_change_stops_it_before_its_own(users: Users) -> None:
    if users.mariadb:  # which has no accounts that an admin may not change
        return
    users.sql("GRANT SYSTEM_USER ON *.* TO %s@%s", users.name, THERE)
    with pytest.raises(Forbidden) as caught:
        change(users, "set_password", "second", "first")
    assert accepted(users, *PASSWORDS) == {"first"}
    users.sql(caught.value.do)
    change(users, "set_password", "second", "first")
    assert accepted(users, *PASSWORDS) == {"second"}


def test_without_the_right_to_look_set_secret_warns(
    lab: Lab, users: Users, output: Callable[[], str]
) -> None:
    secret = lab.secret(MySQLTarget(users.server, f"{users.name}_lab"))
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    secret.steps(event)
    assert output().count("other accounts of the name") == 1
