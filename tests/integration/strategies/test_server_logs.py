"""With every log a server has switched on, no password is in any of them."""

import contextlib
import uuid
from pathlib import Path

import pytest

from local.servers import Server, mariadb, mysql, postgres
from local.servers.certificates import Authority
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres import connection as rotator
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.errors import RotationError
from shared.protocol.event import Step
from tests.failing import fail_to_alter
from tests.faults.leaks import forms
from tests.lab import Lab, LabSecret

POSTGRES = {
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_min_error_statement": "debug5",
    "log_parameter_max_length_on_error": "-1",
    "log_error_verbosity": "verbose",
    "shared_preload_libraries": "pg_stat_statements",
    "track_activity_query_size": "65536",
}
MYSQL = {"general_log": "ON", "slow_query_log": "ON", "long_query_time": "0", "log_bin": "binlog"}


def username() -> str:
    return f"logged_{uuid.uuid4().hex[:8]}"


def find_passwords(secret: LabSecret, *places: bytes) -> list[str]:
    """The passwords that the function made and that are in one of the places."""
    first = str(vars(secret.target)["document"]["password"])  # the test's own CREATE shows it
    made = secret.values() - {first}
    assert len(made) >= 4
    return [
        value for value in made if any(form in place for form in forms(value) for place in places)
    ]


def rotate_in_every_way(secret: LabSecret) -> None:
    """Whole, twice at once, after a crash, given up and healed."""
    assert secret.rotate().state == "succeeded"
    event = secret.begin()
    for step in Step:
        secret.twice_at_once(event, step)
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    secret.steps(event)
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    secret.abandon(event)
    assert secret.rotate().state == "succeeded"


def test_defect_4_no_password_in_a_log_of_postgresql(
    lab: Lab, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotator, "LOCK_SECONDS", 1)
    with postgres(tmp_path, authority, settings=POSTGRES) as server:
        target = PostgresTarget(server, username())
        secrets = [
            lab.secret(target),
            lab.secret(PostgresTarget(server, username(), {"ADMIN_SETS_PASSWORD": "true"})),
            lab.secret(PostgresTarget(server, username(), {"SHORT_GAP": "true"})),
            lab.secret(PostgresAlternatingTarget(server, username())),
        ]
        with target.admin() as admin:
            admin.execute("CREATE EXTENSION pg_stat_statements")
        for secret in secrets:
            rotate_in_every_way(secret)
            fail_to_alter(secret, target)
        with target.admin() as admin:
            statements = admin.execute("SELECT query FROM pg_stat_statements").fetchall()
            activity = admin.execute("SELECT query FROM pg_stat_activity").fetchall()
        log = _log(server)
    assert log.count(b"ALTER ROLE") > 20  # what is searched is really the log
    assert log.count(b"lock timeout") >= len(secrets)
    assert "ALTER ROLE" in str(statements)
    for secret in secrets:
        assert not find_passwords(secret, log, str(statements).encode(), str(activity).encode())


@pytest.mark.parametrize("engine", ["mariadb", "mysql"])
def test_defect_4_no_password_in_a_log_of_mysql_or_mariadb(
    lab: Lab, tmp_path: Path, authority: Authority, engine: str
) -> None:
    start = {"mariadb": mariadb, "mysql": mysql}[engine]
    overlap = {"PASSWORD_OVERLAP": "true", "OLD_PASSWORD_ENDS": "on-finish"}
    with start(tmp_path, authority, settings=MYSQL) as server:
        target = MySQLTarget(server, username())
        secrets = [
            lab.secret(target),
            lab.secret(MySQLTarget(server, username(), overlap)),
            lab.secret(MySQLTarget(server, username(), {**overlap, "ADMIN_SETS_PASSWORD": "true"})),
            lab.secret(MySQLAlternatingTarget(server, username())),
        ]
        for secret in secrets:
            rotate_in_every_way(secret)
            _fail_to_set(secret, target)
        with target.admin() as admin, admin.cursor() as cursor:
            cursor.execute("SELECT @@datadir")
            folder = Path(cursor.fetchall()[0][0])
            cursor.execute("FLUSH LOGS")
        slow = [file.read_bytes() for file in folder.glob("*slow*.log")]
        logs = [_log(server), *(file.read_bytes() for file in folder.glob("binlog.0*"))]
    assert any(b"PASSWORD" in log or b"ALTER USER" in log for log in logs[:1])
    assert any(str(target.document["username"]).encode() in log for log in logs[1:])
    assert any(b"Query_time" in log for log in slow)
    for secret in secrets:
        assert not find_passwords(secret, *logs, *slow)


def _fail_to_set(secret: LabSecret, target: MySQLTarget) -> None:
    """A statement that the server refuses, in the middle of it or by the account's own rules."""
    event = secret.begin()
    secret.step(event, Step.CREATE)
    account = str(secret.version(event["ClientRequestToken"])["username"])
    with target.admin() as admin, admin.cursor() as cursor:
        if target.server.engine == "mariadb":
            cursor.execute("SET GLOBAL read_only = 1")
        else:
            cursor.execute("ALTER USER %s@'%%' PASSWORD HISTORY 5 ACCOUNT LOCK", (account,))
        try:
            with contextlib.suppress(RotationError):  # where an admin may all the same: no failure
                secret.step(event, Step.SET)
        finally:
            if target.server.engine == "mariadb":
                cursor.execute("SET GLOBAL read_only = 0")
            else:
                cursor.execute("ALTER USER %s@'%%' ACCOUNT UNLOCK", (account,))


def _log(server: Server) -> bytes:
    assert server.log is not None
    return server.log.read_bytes()
