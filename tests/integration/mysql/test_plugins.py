"""Accounts of MariaDB that log in by other plugins than mysql_native_password, or by several."""

import re

import pytest

from rotators.mysql.plugins.stored import STORED
from shared.errors import Forbidden, Misconfigured, Rejected, Untrusted
from shared.secret import Secret
from tests.integration.mysql.users import Users

PASSWORDS = ("first", "second", "third", "fourth")
NATIVE, ED25519, PARSEC, SOCKET = "mysql_native_password", "ed25519", "parsec", "unix_socket"
COMMON = [
    (ED25519,),
    (NATIVE, ED25519),
    (ED25519, NATIVE),
    (ED25519, SOCKET),
    (SOCKET, ED25519, NATIVE),
]
NEWER = [(PARSEC,), (NATIVE, ED25519, PARSEC), (PARSEC, ED25519), (PARSEC, NATIVE)]
CASES = [
    *(pytest.param("mariadb_server", each, id=f"10.11-{'-'.join(each)}") for each in COMMON),
    *(pytest.param("mariadb_11_server", each, id=f"11.8-{'-'.join(each)}") for each in COMMON[:3]),
    *(pytest.param("mariadb_11_server", each, id=f"11.8-{'-'.join(each)}") for each in NEWER),
]


@pytest.fixture
def users(request: pytest.FixtureRequest) -> Users:
    users = Users(request.getfixturevalue(request.param))
    users.sql("INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519'")
    if request.param == "mariadb_11_server":
        users.sql("INSTALL PLUGIN IF NOT EXISTS parsec SONAME 'auth_parsec'")
    users.create_admin()
    return users


def create(users: Users, plugins: tuple[str, ...]) -> None:
    """An account that has `first` in each of the plugins."""
    entries = [
        plugin if plugin == SOCKET else f"{plugin} USING PASSWORD('first')" for plugin in plugins
    ]
    users.sql(f"CREATE USER '{users.name}'@'%' IDENTIFIED VIA {' OR '.join(entries)}")


def plugins_of(users: Users, user: str | None = None) -> list[str]:
    ((created,),) = users.sql(f"SHOW CREATE USER '{user or users.name}'@'%'")
    if "IDENTIFIED BY PASSWORD" in created:
        return [NATIVE]
    return re.findall(r"(?:VIA|OR) (\w+)", str(created))


@pytest.mark.parametrize(("users", "plugins"), CASES, indirect=["users"])
def test_every_entry_gets_the_new_password(users: Users, plugins: tuple[str, ...]) -> None:
    create(users, plugins)
    assert users.accepted(*PASSWORDS) == {"first"}
    for new, current in (("second", "first"), ("third", "second")):
        with users.session(current) as session, users.as_admin() as by:
            session.set_password(Secret(new), by=by)
        assert users.accepted(*PASSWORDS) == {new}
    assert plugins_of(users) == list(plugins)


@pytest.mark.parametrize(("users", "plugins"), CASES, indirect=["users"])
def test_every_entry_takes_two_passwords(users: Users, plugins: tuple[str, ...]) -> None:
    create(users, plugins)
    if PARSEC in plugins:  # after which the server reads no second one: nothing is changed
        with (
            users.session("first") as session,
            users.as_admin() as by,
            pytest.raises(Forbidden, match="PARSEC"),
        ):
            session.add_password(Secret("second"), by=by)
        assert users.accepted(*PASSWORDS) == {"first"}
        return
    for new, current in (("second", "first"), ("third", "second")):
        with users.session(current) as session, users.as_admin() as by:
            session.add_password(Secret(new), by=by)
        assert users.accepted(*PASSWORDS) == {current, new}
    with users.session("third") as session, users.as_admin() as by:
        session.end_other_passwords(Secret("third"), by=by)
    assert users.accepted(*PASSWORDS) == {"third"}
    assert list(dict.fromkeys(plugins_of(users))) == list(plugins)


@pytest.mark.parametrize(("users", "plugins"), CASES, indirect=["users"])
def test_the_clone_logs_in_as_its_original_does(users: Users, plugins: tuple[str, ...]) -> None:
    create(users, plugins)
    users.provision_twin("second")
    users.verify_same_rights("second")
    assert plugins_of(users, users.twin) == [each for each in plugins if each != SOCKET]
    users.provision_twin("third", current="second", user=users.twin)
    users.verify_same_rights("third", users.name)
    assert users.accepted(*PASSWORDS) == {"third"}
    assert plugins_of(users) == list(plugins)


@pytest.mark.parametrize(
    ("users", "plugin"),
    [("mariadb_server", ED25519), ("mariadb_11_server", ED25519), ("mariadb_11_server", PARSEC)],
    indirect=["users"],
)
def test_an_account_sets_its_own_password(users: Users, plugin: str) -> None:
    create(users, (plugin,))
    with users.session("first") as session:
        session.set_password(Secret("second"))
    assert users.accepted(*PASSWORDS) == {"second"}
    assert plugins_of(users) == [plugin]
    with pytest.raises(Rejected), users.session("first"):
        pass


@pytest.mark.parametrize("plugins", [(NATIVE, ED25519), (ED25519, NATIVE), (SOCKET, NATIVE)])
@pytest.mark.parametrize("users", ["mariadb_server", "mariadb_11_server"], indirect=True)
def test_no_old_password_is_left_to_another_plugin(users: Users, plugins: tuple[str, ...]) -> None:
    """Who may set the first entry alone changes nothing, and is told what to do."""
    create(users, plugins)
    with users.session("first") as session, pytest.raises(Misconfigured) as caught:
        session.set_password(Secret("second"))
    assert " OR ".join(plugins) in caught.value.what
    assert users.accepted(*PASSWORDS) == {"first"}
    users.sql(caught.value.do.split("; or ")[1].replace("<the password in AWSCURRENT>", "first"))
    with users.session("first") as session:
        session.set_password(Secret("second"))
    assert users.accepted(*PASSWORDS) == {"second"}


@pytest.mark.parametrize("users", ["mariadb_server"], indirect=True)
def test_who_may_change_accounts_changes_all_of_its_own(users: Users) -> None:
    create(users, (NATIVE, ED25519))
    users.run("GRANT CREATE USER ON *.* TO {user}@'%'")
    with users.session("first") as session:
        session.set_password(Secret("second"))
    assert users.accepted(*PASSWORDS) == {"second"}
    assert plugins_of(users) == [NATIVE, ED25519]


@pytest.mark.parametrize("users", ["mariadb_server", "mariadb_11_server"], indirect=True)
def test_what_is_stored_is_what_the_server_makes(users: Users) -> None:
    password = "long and \N{SNOWMAN} 'random'"
    for plugin in (NATIVE, ED25519) if users.server.version.startswith("10") else STORED:
        via = f"IDENTIFIED VIA {plugin} USING PASSWORD(%s)"
        users.sql(f"CREATE OR REPLACE USER %s@'%%' {via}", users.name, password)
        ((created,),) = users.sql("SHOW CREATE USER %s@'%%'", users.name)
        stored = created.split("'")[1]
        assert STORED[plugin].matches(Secret(password), stored)
        assert not STORED[plugin].matches(Secret("another"), stored)


@pytest.mark.parametrize("users", ["mariadb_server"], indirect=True)
def test_a_plugin_without_an_answer_is_told_by_its_name(users: Users) -> None:
    """Nothing is sent to it, no other password is tried, and what it says to do is enough."""
    users.sql("INSTALL PLUGIN IF NOT EXISTS pam SONAME 'auth_pam'")
    users.sql("CREATE USER %s@'%%' IDENTIFIED VIA pam", users.name)
    with pytest.raises(Untrusted, match="by dialog") as caught, users.session("first"):
        pass
    _, _, told = caught.value.do.partition("on MariaDB, ")
    users.sql(told.replace("<the password in AWSCURRENT>", "first"))
    with users.session("first") as session:
        session.set_password(Secret("second"))
    assert users.accepted(*PASSWORDS) == {"second"}
