"""With every log a server has switched on, no password is in any of them."""

import base64
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg import sql

from local.certificates import Authority
from local.servers import Server, mariadb, mysql, postgres
from local.targets import MySQLTarget, PostgresTarget
from rotators import postgres as rotator
from shared.errors import Busy
from shared.event import Step
from tests.lab import Lab, Secret

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


def forms(value: str) -> set[bytes]:
    """The value as it may be written."""
    clear = value.encode()
    return {clear, quote(value).encode(), base64.b64encode(clear), clear.hex().encode()}


def found(secret: Secret, *places: bytes) -> list[str]:
    """The passwords that the function made and that are in one of the places."""
    assert isinstance(secret.target, PostgresTarget | MySQLTarget)
    made = secret.values() - {str(secret.target.document["password"])}  # the test's own CREATE
    assert len(made) >= 4
    return [
        value for value in made if any(form in place for form in forms(value) for place in places)
    ]


def rotate_in_every_way(secret: Secret) -> None:
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


def test_postgres(
    lab: Lab, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotator, "LOCK_SECONDS", 1)
    with postgres(tmp_path, authority, settings=POSTGRES) as server:
        target = PostgresTarget(server, f"logged_{uuid.uuid4().hex[:8]}")
        secret = lab.secret(target)
        with target.admin() as admin:
            admin.execute("CREATE EXTENSION pg_stat_statements")
        rotate_in_every_way(secret)
        _fail_to_alter(secret, target)
        with target.admin() as admin:
            statements = admin.execute("SELECT query FROM pg_stat_statements").fetchall()
            activity = admin.execute("SELECT query FROM pg_stat_activity").fetchall()
        log = _log(server)
    assert log.count(b"ALTER ROLE") > 5  # what is searched is really the log
    assert b"lock timeout" in log
    assert "ALTER ROLE" in str(statements)
    assert not found(secret, log, str(statements).encode(), str(activity).encode())


@pytest.mark.parametrize("engine", ["mariadb", "mysql"])
def test_mysql_and_mariadb(lab: Lab, tmp_path: Path, authority: Authority, engine: str) -> None:
    start = {"mariadb": mariadb, "mysql": mysql}[engine]
    with start(tmp_path, authority, settings=MYSQL) as server:
        target = MySQLTarget(server, f"logged_{uuid.uuid4().hex[:8]}")
        secret = lab.secret(target)
        rotate_in_every_way(secret)
        with target.admin() as admin, admin.cursor() as cursor:
            cursor.execute("SELECT @@datadir")
            folder = Path(cursor.fetchall()[0][0])
            cursor.execute("FLUSH LOGS")
        slow = [file.read_bytes() for file in folder.glob("*slow*.log")]
        logs = [_log(server), *(file.read_bytes() for file in folder.glob("binlog.0*"))]
    assert any(b"PASSWORD" in log or b"ALTER USER" in log for log in logs[:1])
    assert any(secret.value()["username"].encode() in log for log in logs[1:])
    assert any(b"Query_time" in log for log in slow)
    assert not found(secret, *logs, *slow)


def _fail_to_alter(secret: Secret, target: PostgresTarget) -> None:
    """An ALTER that the server ends: it logs the statement beside the error."""
    event = secret.begin()
    secret.step(event, Step.CREATE)
    role = sql.Identifier(str(target.document["username"]))
    with target.admin() as admin, admin.transaction():
        admin.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT 9").format(role))
        with pytest.raises(Busy):
            secret.step(event, Step.SET)


def _log(server: Server) -> bytes:
    assert server.log is not None
    return server.log.read_bytes()
