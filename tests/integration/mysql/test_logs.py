"""With every log on, no password that a MySQL or MariaDB session sets is in any of them."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from local.servers import Server, mariadb, mysql
from local.servers.certificates import Authority
from shared.errors import RotationError
from shared.secret import Secret
from tests.faults.leaks import forms
from tests.integration.mysql.users import Users

SETTINGS = {
    "general_log": "ON",
    "slow_query_log": "ON",
    "long_query_time": "0",
    "log_bin": "binlog",
    "server_id": "1",
}
STATEMENTS = (
    "SELECT sql_text, digest_text FROM performance_schema.events_statements_history",
    "SELECT sql_text, digest_text FROM performance_schema.events_statements_current",
    "SELECT digest_text FROM performance_schema.events_statements_summary_by_digest",
    "SELECT info FROM information_schema.processlist",
)


class Passwords:
    """New ones, each kept to be searched for."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def new(self) -> Secret:
        self.made.append(f"{uuid.uuid4().hex}aA1.")
        return Secret(self.made[-1])

    @property
    def last(self) -> str:
        return self.made[-1]


@pytest.mark.parametrize("engine", ["mariadb", "mysql"])
def test_nothing_is_told(tmp_path: Path, authority: Authority, engine: str) -> None:
    start: Any = {"mariadb": mariadb, "mysql": mysql}[engine]
    more = {"performance_schema": "ON"}
    with start(tmp_path, authority, settings={**SETTINGS, **more}) as server:
        users = Users(server)
        users.create_admin()
        users.create()
        passwords = Passwords()
        rotate_with_overlap(users, passwords)
        alternate(users, passwords)
        fail(users, passwords)
        logs = read_logs(users, server)
    assert len(passwords.made) > 15
    for name, text in logs.items():
        assert users.name.encode() in text, name  # what is searched is really the log
        for password in passwords.made:
            assert not [form for form in forms(password) if form in text], name


def rotate_with_overlap(users: Users, passwords: Passwords) -> None:
    """Forbidden, by the admin, by oneself, again, given up, and ended."""
    current = "first"
    with users.session(current) as session:
        assert_fails_quietly(lambda: session.add_password(passwords.new()))
    for admins in (True, False):
        if not admins:
            right = "CREATE USER" if users.mariadb else "APPLICATION_PASSWORD_ADMIN"
            users.run(f"GRANT {right} ON *.* TO {{user}}@'%'")
            if not users.mariadb:
                users.run("ALTER USER {user}@'%' PASSWORD HISTORY 9")
        new = passwords.new()
        for password in (new, new, passwords.new(), passwords.new()):
            with users.session(current) as session, users.as_admin() as by:
                other = by if admins else None
                session.add_password(password, by=other)
        current = passwords.last
        with users.session(current) as session:
            assert_fails_quietly(lambda: session.end_other_passwords(Secret(passwords.last)))
        with users.session(current) as session:
            session.set_password(passwords.new())
        current = passwords.last
    users.run("DROP USER {user}@'%'")
    users.create()


def alternate(users: Users, passwords: Passwords) -> None:
    """Made, followed, given back, and again."""
    users.run("GRANT SELECT ON *.* TO {user}@'%'")
    for _ in range(2):
        users.provision_twin(passwords.new().reveal())
    users.verify_same_rights(passwords.last)
    users.provision_twin(passwords.new().reveal(), current=passwords.made[-2], user=users.twin)
    users.verify_same_rights(passwords.last, users.name)
    users.run("ALTER USER {user}@'%' IDENTIFIED BY 'first'")


def fail(users: Users, passwords: Passwords) -> None:
    """Refused by the server's rules, by a missing right, by a name that is too long."""
    what = "SONAME 'simple_password_check'" if users.mariadb else (
        "COMPONENT 'file://component_validate_password'"
    )  # fmt: skip
    users.sql(f"INSTALL {what}")
    if not users.mariadb:
        users.sql("SET GLOBAL validate_password.length = 99")
    assert_fails_quietly(lambda: users.provision_twin(passwords.new().reveal()))
    with users.session("first") as session:
        assert_fails_quietly(lambda: session.set_password(passwords.new()))
        assert_fails_quietly(lambda: session.add_password(passwords.new()))
    users.sql(f"UNINSTALL {what}")
    long = users.renamed(users.name.ljust(125 if users.mariadb else 30, "x"))
    long.create()
    with long.session("first") as session, users.as_admin() as by:
        assert_fails_quietly(
            lambda: session.provision_twin(
                long.twin, passwords.new(), by=by, proves_ownership=lambda: False
            )
        )
    users.run("REVOKE CREATE USER, INSERT, UPDATE, DELETE ON *.* FROM {admin}@'%'")
    assert_fails_quietly(lambda: users.provision_twin(passwords.new().reveal()))
    users.sql("SET GLOBAL read_only = ON")
    with users.session("first") as session:
        assert_fails_quietly(lambda: session.set_password(passwords.new()))
    users.sql("SET GLOBAL read_only = OFF")


def assert_fails_quietly(change: Any) -> None:  # noqa: ANN401 - any call
    """The error has nothing of the password either; that it fails, others test."""
    try:
        change()
    except RotationError as error:
        assert not [word for word in ("aA1.", "IDENTIFIED BY '") if word in str(error)]


def read_logs(users: Users, server: Server) -> dict[str, bytes]:
    ((folder,),) = users.sql("SELECT @@datadir")
    users.sql("FLUSH LOGS")
    assert server.log is not None
    logs = {"general log": server.log.read_bytes()}
    for name, pattern in (("slow log", "*slow*.log"), ("binlog", "binlog.0*")):
        logs[name] = b"".join(file.read_bytes() for file in Path(folder).glob(pattern))
    rows = [row for statement in STATEMENTS for row in users.sql(statement)]
    logs["statements"] = f"{users.name} {rows}".encode()
    assert "IDENTIFIED" in str(rows)
    return logs
