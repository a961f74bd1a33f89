"""Who is whose clone on MySQL and MariaDB: lookalikes, several hosts, crashes, two at once."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from local.servers import Server
from rotators.mysql import connection
from rotators.mysql.accounts import catalog
from rotators.mysql.accounts.hashes import password_matches
from rotators.mysql.connection import Connection, Rows
from rotators.mysql.rights.tokens import tokenize
from shared.errors import Busy, Forbidden, Rejected, RejectedByPolicy, TargetMismatch
from shared.secret import Secret
from tests.integration.mysql.users import Users

RIGHTS = (
    "GRANT SELECT, INSERT ON *.* TO {user}@'%' WITH GRANT OPTION",
    "GRANT UPDATE ON app.* TO {user}@'%'",
    "ALTER USER {user}@'%' WITH MAX_USER_CONNECTIONS 7",
)
FEWER = (
    "REVOKE INSERT, GRANT OPTION ON *.* FROM {user}@'%'",
    "GRANT DELETE ON app.* TO {user}@'%'",
    "ALTER USER {user}@'%' REQUIRE SSL WITH MAX_USER_CONNECTIONS 0",
)


@pytest.fixture(params=["mariadb", "mysql"])
def users(request: pytest.FixtureRequest) -> Users:
    users = Users(request.getfixturevalue(f"{request.param}_server"))
    users.create_admin()
    return users


def everything(users: Users, user: str) -> set[tuple[object, ...]]:
    """All that the server has of the user, its password too."""
    rows = users.sql("SELECT * FROM mysql.user WHERE user = %s", user)
    for host in users.hosts(user):
        rows += users.sql("SHOW GRANTS FOR %s@%s", user, host)
        rows += users.sql("SHOW CREATE USER %s@%s", user, host)
    return {tuple(map(str, row)) for row in rows}


# --- a rotation there and back ---


def test_the_two_take_turns(users: Users) -> None:
    users.create()
    users.run(*RIGHTS)
    current, passwords = users.name, {users.name: "first"}
    for turn in range(6):
        pending = users.twin if current == users.name else users.name
        users.provision_twin(f"pass-{turn}", current=passwords[current], user=current)
        assert users.accepts(passwords[current], current)
        passwords[pending] = f"pass-{turn}"
        users.verify_same_rights(passwords[pending], pending)
        assert users.shown(users.twin) == users.shown(users.name)
        assert users.marks(pending) == 1
        current = pending


def test_the_originals_rights_are_left_as_they_are(users: Users) -> None:
    users.create()
    users.run(*RIGHTS)
    users.provision_twin("second")
    users.run(*FEWER)
    before = users.shown(users.name)
    users.provision_twin("third", current="second", user=users.twin)
    assert users.shown(users.name) == before
    users.verify_same_rights("third", users.name)
    users.provision_twin("fourth", current="third")
    assert users.shown(users.twin) == before


def test_what_was_granted_to_the_clone_only_is_not_lost_silently(users: Users) -> None:
    users.create()
    users.run(*RIGHTS)
    users.provision_twin("second")
    users.run("GRANT DELETE ON app.* TO {twin}@'%'")
    with pytest.raises(TargetMismatch, match="privilege DELETE") as caught:
        users.provision_twin("third", current="second", user=users.twin)
    assert "have it: GRANT" in caught.value.do
    assert users.accepts("first")
    users.run("GRANT ALL ON app.* TO {user}@'%'")
    users.provision_twin("third", current="second", user=users.twin)
    assert users.accepts("third")


def test_an_original_that_was_dropped_is_made_again(users: Users) -> None:
    users.create()
    users.run(*RIGHTS)
    users.provision_twin("second")
    users.run("DROP USER {user}@'%'")
    users.provision_twin("third", current="second", user=users.twin)
    users.verify_same_rights("third", users.name)
    assert users.shown(users.name) == users.shown(users.twin)


# --- lookalikes ---


def test_defect_10_a_user_that_looks_like_the_clone_is_not_touched(users: Users) -> None:
    users.create()
    users.run(*RIGHTS)
    users.create(user=users.twin)
    before = everything(users, users.twin), everything(users, users.name)
    with pytest.raises(TargetMismatch, match="is there already") as caught:
        users.provision_twin("second", proves_ownership=lambda: False)
    assert (everything(users, users.twin), everything(users, users.name)) == before
    # What the message says makes it the clone.
    users.sql(caught.value.do.split("adopt it: ")[1].split(";")[0])
    users.provision_twin("second")
    users.verify_same_rights("second")
    assert users.shown(users.twin) == users.shown(users.name)
    assert users.marks(users.twin) == 1


def test_defect_10_a_user_named_like_a_clone_leaves_the_other_alone(users: Users) -> None:
    """The secret is of `victim_clone`, and `victim` is somebody else."""
    users.create()
    users.create(user=users.twin)
    before = everything(users, users.name), everything(users, users.twin)
    with pytest.raises(TargetMismatch) as caught:
        users.provision_twin("second", user=users.twin, proves_ownership=lambda: False)
    assert (everything(users, users.name), everything(users, users.twin)) == before
    users.sql(caught.value.do.split("adopt it: ")[1].split(";")[0])
    users.provision_twin("second", user=users.twin)
    assert users.accepts("second")
    users.verify_same_rights("second", users.name)


def test_an_account_beside_a_clone_proves_nothing(users: Users) -> None:
    """Somebody made `app_clone` for one more host, and a secret for it."""
    users.create(host="10.%")
    users.create(host="10.%", user=users.twin)
    users.run("GRANT SELECT ON `rotation clone`.* TO {twin}@'10.%'")
    users.create(user=users.twin)
    before = everything(users, users.name)
    with pytest.raises(TargetMismatch):
        users.provision_twin("second", user=users.twin, proves_ownership=lambda: False)
    assert everything(users, users.name) == before


def test_an_admin_of_another_server(mariadb_server: Server, mysql_server: Server) -> None:
    users, elsewhere = Users(mariadb_server), Users(mysql_server)
    elsewhere.create_admin()
    users.create()
    with (
        users.session("first") as session,
        elsewhere.as_admin() as by,
        pytest.raises(TargetMismatch) as caught,
    ):
        session.provision_twin(users.twin, Secret("second"), by=by, proves_ownership=lambda: False)
    assert caught.value.field == "masterarn"


def test_a_user_whose_other_account_was_made_by_somebody_is_no_pair(users: Users) -> None:
    users.create()
    users.create(user=users.twin, host="10.1.2.3")
    before = everything(users, users.twin)
    with pytest.raises(TargetMismatch):
        users.provision_twin("second", proves_ownership=lambda: False)
    assert everything(users, users.twin) == before


@pytest.mark.parametrize("current_user", ["original", "clone"])
def test_a_pair_made_by_the_aws_functions_is_adopted(users: Users, current_user: str) -> None:
    users.create()
    users.run(*RIGHTS)
    users.create(user=users.twin)
    users.run("GRANT SELECT, PROCESS ON *.* TO {twin}@'%'")
    current, pending = users.name, users.twin
    if current_user == "clone":
        current, pending = pending, current
        users.run("REVOKE PROCESS ON *.* FROM {twin}@'%'")
    users.provision_twin("second", user=current, proves_ownership=lambda: True)
    users.verify_same_rights("second", pending)
    users.provision_twin("third", current="second", user=pending)
    users.verify_same_rights("third", current)
    users.provision_twin("fourth", current="third", user=current)
    assert users.shown(users.twin) == users.shown(users.name)
    assert "PROCESS" not in str(users.shown(users.twin))


@pytest.mark.parametrize("adopted", ["by a stored password", "by a person"])
def test_what_only_an_adopted_clone_may_do_is_not_lost_silently(users: Users, adopted: str) -> None:
    """It is in use, and its clients may need that."""
    users.create()
    users.run(*RIGHTS)
    users.create(user=users.twin)
    users.run("GRANT SELECT, PROCESS ON *.* TO {twin}@'%'")
    if adopted == "by a person":
        users.run("GRANT SELECT ON `rotation clone`.* TO {twin}@'%'")
    before = everything(users, users.name)
    for _ in range(2):  # a retry does not take the refusal for an adoption
        with pytest.raises(TargetMismatch, match="privilege PROCESS") as caught:
            users.provision_twin("second", user=users.twin, proves_ownership=lambda: True)
        assert f"GRANT PROCESS ON *.* TO '{users.name}'@'%'" in caught.value.do
        assert f"REVOKE PROCESS ON *.* FROM '{users.twin}'@'%'" in caught.value.do
        assert everything(users, users.name) == before
    users.run("GRANT PROCESS ON *.* TO {user}@'%'")
    users.provision_twin("second", user=users.twin, proves_ownership=lambda: True)
    users.verify_same_rights("second", users.name)


def test_what_the_original_may_do_everywhere_it_may_do_there(users: Users) -> None:
    users.create()
    users.run("GRANT SELECT, EXECUTE ON *.* TO {user}@'%'")
    users.create(user=users.twin)
    users.sql("CREATE OR REPLACE VIEW app.seen AS SELECT 1 AS a, 2 AS b")
    users.run("GRANT SELECT ON other.* TO {twin}@'%'", "GRANT SELECT (a) ON app.seen TO {twin}@'%'")
    users.provision_twin("second", user=users.twin, proves_ownership=lambda: True)
    users.run("GRANT SELECT ON app.seen TO {twin}@'%' WITH GRANT OPTION")
    with pytest.raises(TargetMismatch, match="GRANT OPTION"):
        users.provision_twin("third", user=users.twin)


@pytest.mark.parametrize("current_user", ["original", "clone"])
def test_of_two_that_are_marked_as_clones_the_name_tells(users: Users, current_user: str) -> None:
    """AWS's function copies marks from each to the other."""
    users.create()
    users.run(*RIGHTS)
    users.provision_twin("second")
    if current_user == "clone":
        users.provision_twin("third", current="second", user=users.twin)
    for user, other in ((users.name, users.twin), (users.twin, users.name)):
        for (line,) in users.sql("SHOW GRANTS FOR %s", user):
            if "ON `rotation " in line:
                users.sql(line.split(" TO ")[0] + f" TO '{other}'@'%'")
    current, pending = (
        (users.name, users.twin) if current_user == "original" else (users.twin, users.name)
    )
    password = "first" if current_user == "original" else "second"
    for turn in range(3):
        users.provision_twin(f"pass-{turn}", current=password, user=current)
        users.verify_same_rights(f"pass-{turn}", pending)
        assert users.shown(users.twin) == users.shown(users.name)
        current, pending, password = pending, current, f"pass-{turn}"
    assert users.marks(users.name) == users.marks(users.twin) == 1
    users.run("GRANT DELETE ON app.* TO {user}@'%'")
    if current == users.twin:
        users.provision_twin("more", current=password, user=current)
        password = "more"
    users.provision_twin("last", current=password)
    assert "DELETE" in str(users.shown(users.twin))


def test_a_stranger_in_the_originals_place_is_not_touched(users: Users) -> None:
    """Somebody dropped the original and made a user of that name."""
    users.create()
    users.run(*RIGHTS)
    users.provision_twin("second")
    users.run("DROP USER {user}@'%'", "CREATE USER {user}@'%' IDENTIFIED BY 'strangers'")
    before = everything(users, users.name)
    with pytest.raises(TargetMismatch, match="is there already") as caught:
        users.provision_twin(
            "third", current="second", user=users.twin, proves_ownership=lambda: False
        )
    assert everything(users, users.name) == before
    # What the message says makes it the original, but does not give it its rights.
    users.sql(caught.value.do.split("adopt it: ")[1].split(";")[0])
    with pytest.raises(TargetMismatch, match="may do what"):
        users.provision_twin("third", current="second", user=users.twin)
    users.run(*RIGHTS)
    users.provision_twin("third", current="second", user=users.twin)
    users.verify_same_rights("third", users.name)


def test_an_original_that_lost_its_mark_is_known_by_a_stored_password(users: Users) -> None:
    users.create()
    users.provision_twin("second")
    for (line,) in users.sql("SHOW GRANTS FOR %s", users.name):
        if "ON `rotation original" in line:
            users.sql(line.split(" TO ")[0].replace("GRANT", "REVOKE") + f" FROM '{users.name}'")
    assert not users.marks(users.name)
    users.provision_twin("third", current="second", user=users.twin, proves_ownership=lambda: True)
    users.verify_same_rights("third", users.name)


def test_an_original_that_nobody_can_log_in_as_is_told(users: Users) -> None:
    users.create()
    users.provision_twin("second")
    users.run("ALTER USER {user}@'%' ACCOUNT LOCK")
    with pytest.raises(Forbidden, match="is locked") as caught:
        users.provision_twin("third", current="second", user=users.twin)
    users.sql(caught.value.do)
    users.provision_twin("third", current="second", user=users.twin)
    users.verify_same_rights("third", users.name)


# --- hosts ---


def test_the_original_of_another_host_only(users: Users) -> None:
    for host in ("%", "10.%"):
        users.create(host=host)
    users.provision_twin("second")
    users.run("DROP USER {user}@'%'")
    before = everything(users, users.name)
    with pytest.raises(TargetMismatch, match="no account '"):
        users.provision_twin("third", current="second", user=users.twin)
    assert everything(users, users.name) == before


def test_hashes_are_read_however_they_are_shown(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    for host in ("%", "10.%"):
        users.create(host=host)
    users.provision_twin("second")
    users.sql("SET GLOBAL print_identified_with_as_hex = ON")
    try:
        users.provision_twin("third")
    finally:
        users.sql("SET GLOBAL print_identified_with_as_hex = OFF")
    assert "ACCOUNT LOCK" not in str(users.shown(users.twin, "10.%"))
    users.verify_same_rights("third")


def test_defect_9_several_hosts_of_one_name(users: Users) -> None:
    for host in ("127.0.0.1", "%", "10.%"):
        users.create(host=host)
        users.run(f"GRANT SELECT ON `to {host}`.* TO {{user}}@'{host}'")
    users.provision_twin("second")
    assert users.hosts(users.twin) == {"127.0.0.1", "%", "10.%"}
    for host in users.hosts(users.name):
        assert users.shown(users.twin, host) == users.shown(users.name, host)
    users.verify_same_rights("second")
    # One goes, and comes back: its clone is locked meanwhile, as it may be somebody's definer.
    users.run("DROP USER {user}@'10.%'")
    users.provision_twin("third")
    assert "ACCOUNT LOCK" in str(users.shown(users.twin, "10.%"))
    users.create(host="10.%")
    users.provision_twin("fourth")
    assert users.shown(users.twin, "10.%") == users.shown(users.name, "10.%")
    # And the way back.
    users.provision_twin("fifth", current="fourth", user=users.twin)
    users.verify_same_rights("fifth", users.name)
    assert {users.marks(users.name, host) for host in users.hosts(users.name)} == {1}


def test_accounts_that_have_no_password_are_left_alone(users: Users) -> None:
    users.create()
    if users.mariadb:
        users.run("CREATE USER {user}@'localhost' IDENTIFIED VIA unix_socket")
        users.run("CREATE USER {twin}@'localhost' IDENTIFIED VIA unix_socket")
    else:
        users.sql("INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'")
        users.run("CREATE USER {user}@'localhost' IDENTIFIED WITH auth_socket")
    users.create(host="10.%", more="ACCOUNT LOCK")
    try:
        if users.mariadb:
            users.run("DROP USER {twin}@'localhost'")
        users.provision_twin("second")
        assert users.hosts(users.twin) == {"%"}
    finally:
        if not users.mariadb:
            users.run("DROP USER {user}@'localhost'")
            users.sql("UNINSTALL PLUGIN auth_socket")


def test_an_account_with_another_password_is_somebody_elses(users: Users) -> None:
    users.create()
    users.sql("CREATE USER %s@'10.%%' IDENTIFIED BY 'another'", users.name)
    users.provision_twin("second")
    assert users.hosts(users.twin) == {"%"}
    before = everything(users, users.name)
    users.provision_twin("third", current="second", user=users.twin)
    other_rows = {row for row in before if "10.%" in str(row)}
    assert other_rows
    assert other_rows <= everything(users, users.name)


@pytest.mark.parametrize("plugin", ["caching_sha2_password", "sha256_password"])
def test_a_hash_is_told_from_others(mysql_server: Server, plugin: str) -> None:
    """As the server makes it, for passwords of any length."""
    users = Users(mysql_server)
    for length in (1, 2, 15, 16, 31, 32, 33, 64, 100, 255):
        password = (secrets.token_urlsafe(255) + "é")[:length]
        users.sql(f"DROP USER IF EXISTS {users.name}")
        users.sql(f"CREATE USER {users.name} IDENTIFIED WITH {plugin} BY %s", password)
        ((shown,),) = users.sql(f"SHOW CREATE USER {users.name}")
        _, hashed = catalog._plugin_and_hash(tokenize(str(shown)))
        assert password_matches(Secret(password), hashed)
        assert not password_matches(Secret(f"{password}x"), hashed)


# --- crashes ---


class Killed(Exception):
    """The process ended here."""


@contextmanager
def kill_after(statements: int) -> Iterator[list[str]]:
    """Every statement beyond so many fails, before it is sent."""
    sent: list[str] = []
    run = Connection._execute

    def execute(self: Connection, statement: str, values: tuple[str, ...]) -> Rows:
        if len(sent) >= statements:
            raise Killed
        sent.append(statement)
        return run(self, statement, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "_execute", execute)
        yield sent


def fails_verification(users: Users, password: str, user: str) -> bool:
    """Whether testSecret refuses the user as it is."""
    try:
        users.verify_same_rights(password, user)
    except (Rejected, TargetMismatch):
        return True
    return False


def prepare(users: Users, pending: str, turn: int) -> None:
    """The pair as it is before such a rotation, whatever the last one left."""
    if pending == "new clone":
        users.run("DROP USER IF EXISTS {twin}@'%'")
    elif pending == "old clone":
        users.run("GRANT UPDATE, DELETE ON app.* TO {user}@'%'")
        users.run("REVOKE DELETE ON app.* FROM {user}@'%'")
        users.run("ALTER USER {user}@'%' WITH MAX_USER_CONNECTIONS 7")
        users.provision_twin(f"old-{turn}")
        users.run("GRANT DELETE ON app.* TO {user}@'%'", "REVOKE UPDATE ON app.* FROM {user}@'%'")
        users.run("ALTER USER {user}@'%' WITH MAX_USER_CONNECTIONS 9")
    elif pending == "new original":
        users.run("DROP USER IF EXISTS {user}@'%'")


def attempt(users: Users, statements: int, new: str, current: str, user: str) -> bool:
    """Whether setSecret ended before it was killed."""
    with kill_after(statements):
        try:
            users.provision_twin(new, current=current, user=user)
        except Killed:
            return False
    return True


@pytest.mark.parametrize("pending", ["new clone", "old clone", "original", "new original"])
def test_defect_2_killed_before_any_statement(users: Users, pending: str) -> None:
    """No user without all its rights is ever taken for whole, and a retry finishes it."""
    users.create()
    users.run(*RIGHTS)
    user, password, twin = users.name, "first", users.twin
    if "original" in pending:
        users.provision_twin("second")
        user, password, twin = users.twin, "second", users.name
    for statements in range(100):
        prepare(users, pending, statements)
        new = f"new-{statements}"
        done = attempt(users, statements, new, password, user)
        assert users.accepts(password, user)
        if done or not fails_verification(users, new, twin):
            assert users.shown(users.name) == users.shown(users.twin)
        users.provision_twin(new, current=password, user=user)
        users.verify_same_rights(new, twin)
        assert users.shown(users.name) == users.shown(users.twin)
        if done:
            break
    assert statements > 8


# --- two at once ---


def test_two_copies_at_once(users: Users) -> None:
    users.create()
    users.run(*RIGHTS)
    for turn in range(4):
        with ThreadPoolExecutor(2) as pool:
            for copy in [pool.submit(users.provision_twin, f"pass-{turn}") for _ in range(2)]:
                copy.result()
        users.verify_same_rights(f"pass-{turn}")
        assert users.shown(users.twin) == users.shown(users.name)
        users.run(*(FEWER if turn % 2 == 0 else RIGHTS))


def test_a_copy_that_holds_the_lock_is_waited_for_a_while(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LOCK_SECONDS", 1)
    users.create()
    with users.as_admin() as holder, holder.connection.lock_held(*sorted((users.name, users.twin))):
        with pytest.raises(Busy, match="another session") as caught:
            users.provision_twin("second")
        ask = caught.value.do.partition("; if it stays, ")[2].partition(" has ")[0]
        ((held,),) = holder.connection.run(ask)
        assert holder.connection.run("SELECT CONNECTION_ID()") == ((held,),)
        assert not users.hosts(users.twin)
    users.provision_twin("second")


# --- the admin ---


def test_an_admin_who_is_none(users: Users) -> None:
    users.create()
    # The rights to change tables go for the mysql schema too.
    for revoked in ("SELECT ON *.*", "CREATE USER, INSERT, UPDATE, DELETE ON *.*"):
        users.run(f"REVOKE {revoked} FROM {{admin}}@'%'")
        with pytest.raises(Forbidden) as caught:
            users.provision_twin("second")
        assert caught.value.field == "masterarn"
        assert "GRANT " in caught.value.do
        users.run(f"GRANT {revoked} TO {{admin}}@'%' WITH GRANT OPTION")
    users.run("REVOKE GRANT OPTION ON *.* FROM {admin}@'%'")
    with pytest.raises(Forbidden) as caught:
        users.provision_twin("second")
    right = "SELECT ON `rotation %`.*"  # and no more
    assert caught.value.do == f"GRANT {right} TO '{users.admin}'@'%' WITH GRANT OPTION"
    users.sql(caught.value.do)
    users.provision_twin("second")
    users.verify_same_rights("second")


def test_the_right_to_mark_where_no_name_is_a_pattern(mysql_server: Server) -> None:
    users = Users(mysql_server)
    users.create_admin()
    users.create()
    users.run("REVOKE GRANT OPTION ON *.* FROM {admin}@'%'")
    users.sql("SET GLOBAL partial_revokes = ON")
    try:
        with pytest.raises(Forbidden) as caught:
            users.provision_twin("second")
        users.sql(caught.value.do)
        users.provision_twin("second")
    finally:
        users.sql("SET GLOBAL partial_revokes = OFF")


def test_an_admin_who_may_not_change_accounts(users: Users) -> None:
    users.create()
    users.run("REVOKE CREATE USER, INSERT, UPDATE, DELETE ON *.* FROM {admin}@'%'")
    with pytest.raises(Forbidden) as caught:
        users.provision_twin("second")
    assert caught.value.do == f"GRANT CREATE USER ON *.* TO '{users.admin}'@'%'"
    users.sql(caught.value.do)
    users.provision_twin("second")


def test_a_login_that_the_server_takes_for_another(users: Users) -> None:
    users.sql("CREATE USER ''@'%%' IDENTIFIED BY 'anyone'".replace("%%", "%"))
    try:
        with pytest.raises(TargetMismatch, match="another account"):
            users.provision_twin("second", current="anyone")
    finally:
        users.sql("DROP USER ''@'%'")


def test_rules_for_passwords_refuse_the_new_one(users: Users) -> None:
    users.create()
    if users.mariadb:
        users.sql("INSTALL SONAME 'simple_password_check'")
    else:
        users.sql("INSTALL COMPONENT 'file://component_validate_password'")
    try:
        with pytest.raises(RejectedByPolicy) as caught:
            users.provision_twin("weak")
    finally:
        if users.mariadb:
            users.sql("UNINSTALL SONAME 'simple_password_check'")
        else:
            users.sql("UNINSTALL COMPONENT 'file://component_validate_password'")
    assert caught.value.field
    assert not users.hosts(users.twin)
    users.provision_twin("weak")
