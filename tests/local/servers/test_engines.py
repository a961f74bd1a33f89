"""The servers let in whoever verifies them and has the password, over TLS, and nobody else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import get_args
from urllib.parse import quote

import psycopg
import pymysql
import pytest

from local.bootstrap import ROOT
from local.processes.children import ChildFailedError
from local.servers import Server, mariadb, mysql, postgres
from local.servers.certificates import Authority
from local.servers.mariadb import Version as MariaDBVersion
from local.servers.mysql.family import login as mysql_login
from local.servers.postgres import login as postgres_login
from local.servers.postgres.releases import Version as PostgresVersion

LOOPBACK = {"0100007F", "00000000000000000000000001000000"}
LISTEN = "0A"
REFUSED = (psycopg.OperationalError, pymysql.err.OperationalError)
START: Mapping[str, Callable[..., AbstractContextManager[Server]]] = {
    "postgres": postgres,
    "mariadb": mariadb,
    "mysql": mysql,
}


@pytest.fixture(params=["postgres", "mariadb", "mysql"])
def server(request: pytest.FixtureRequest) -> Server:
    found = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(found, Server)
    return found


def one(server: Server, query: str) -> object:
    """The first value of the answer, asked as the administrator over verified TLS."""
    if server.engine == "postgres":
        with postgres_login(server) as connection:
            row = connection.execute(query.encode()).fetchone()
    else:
        with mysql_login(server) as session, session.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
    assert row is not None
    return row[0]


def descendants(pid: int) -> set[int]:
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] != "Z":  # a zombie has ended
            parents[int(stat.parent.name)] = int(fields[1])
    found: set[int] = set()
    newer = {pid}
    while newer:
        newer = {child for child, parent in parents.items() if parent in newer} - found
        found |= newer
    return found


def listeners(pids: set[int]) -> Iterator[tuple[str, int]]:
    """The (address, port) pairs that these processes listen on, addresses as /proc writes them."""
    sockets = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                sockets.add(str(descriptor.readlink()))
            except (FileNotFoundError, ProcessLookupError):
                continue
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in sockets:
                address, port = fields[1].split(":")
                yield address, int(port, 16)


def running(pids: set[int]) -> set[int]:
    alive = set()
    for pid in pids:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if stat.rpartition(")")[2].split()[0] != "Z":
            alive.add(pid)
    return alive


def test_login_over_verified_tls(server: Server) -> None:
    assert server.version in str(one(server, "SELECT version()"))
    encrypted = {
        "postgres": "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        "mariadb": "SELECT variable_value FROM information_schema.session_status"
        " WHERE variable_name = 'Ssl_version'",
        "mysql": "SELECT variable_value FROM performance_schema.session_status"
        " WHERE variable_name = 'Ssl_version'",
    }
    assert one(server, encrypted[server.engine]) in {"TLSv1.2", "TLSv1.3"}


@pytest.mark.parametrize("engine", ["mariadb", "mysql"])
def test_its_temporary_tables_are_its_own(engine: str, request: pytest.FixtureRequest) -> None:
    """One that starts removes every temporary table in its folder, so it must not be shared."""
    server = request.getfixturevalue(f"{engine}_server")
    assert server.log is None or one(server, "SELECT @@tmpdir") == str(
        Path(str(one(server, "SELECT @@datadir"))).parent
    )


def test_client_refuses_another_authority(server: Server, tmp_path: Path) -> None:
    with pytest.raises(REFUSED, match=r"(?i)certificate verify failed"):
        one(replace(server, ca=Authority(tmp_path).ca), "SELECT 1")


def test_wrong_password_is_refused(server: Server) -> None:
    with pytest.raises(REFUSED, match=r"(password authentication failed|Access denied)"):
        one(replace(server, password="wrong"), "SELECT 1")
    if server.engine == "postgres" and server.log:
        assert 'password authentication failed for user "admin"' in server.log.read_text()


def test_plain_tcp_is_refused(server: Server) -> None:
    if server.engine == "postgres":
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            psycopg.connect(
                host=server.host,
                port=server.port,
                user=server.admin,
                password=server.password,
                dbname=server.database,
                sslmode="disable",
            )
        return
    with pytest.raises(pymysql.err.OperationalError) as refused:
        pymysql.connect(
            host=server.host,
            port=server.port,
            user=server.admin,
            password=server.password,
            ssl_disabled=True,
        )
    # MySQL says ER_SECURE_TRANSPORT_REQUIRED. MariaDB 10.11 says "Access denied", though the
    # password is right: with require_secure_transport=OFF the same login succeeds.
    assert refused.value.args[0] == {"mysql": 3159, "mariadb": 1045}[server.engine]


@pytest.fixture(params=["postgres", "mariadb", "mysql"])
def untouched(
    request: pytest.FixtureRequest, tmp_path: Path, authority: Authority
) -> Iterator[Server]:
    """As it starts: other tests leave their users on the one that they share."""
    with START[request.param](tmp_path, authority) as server:
        yield server


def test_nobody_without_a_password(untouched: Server) -> None:
    server = untouched
    if server.log is None:
        pytest.skip("a caller's own server")
    if server.engine == "postgres":
        without = "SELECT count(*) FROM pg_authid WHERE rolcanlogin AND rolpassword IS NULL"
        assert one(server, without) == 0
    else:
        with mysql_login(server) as session, session.cursor() as cursor:
            cursor.execute(
                "SELECT user, host FROM mysql.user"
                " WHERE user NOT LIKE 'mysql.%%' AND authentication_string IN ('', 'invalid')"
            )
            # MariaDB's own account for its views is locked.
            assert set(cursor.fetchall()) - {("mariadb.sys", "localhost")} == set()
        for user in ("root", ""):
            with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
                one(replace(server, admin=user, password=""), "SELECT 1")


def test_administrator_can_make_users(untouched: Server) -> None:
    server = untouched
    if server.engine == "postgres":
        assert one(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True
    else:
        assert "WITH GRANT OPTION" in str(one(server, "SHOW GRANTS"))


def test_only_loopback_is_listened_on(server: Server) -> None:
    found = set(listeners(descendants(os.getpid())))
    assert {address for address, _ in found} <= LOOPBACK
    if server.log:
        assert server.port in {port for _, port in found}


def test_password_is_not_shown(server: Server) -> None:
    assert server.password not in repr(server)
    if server.log:
        assert server.password not in server.log.read_text()


@pytest.mark.parametrize("version", sorted({*get_args(PostgresVersion)} - {"17"}))
def test_other_postgres_versions(
    version: PostgresVersion, tmp_path: Path, authority: Authority
) -> None:
    if "TEST_POSTGRES_DSN" in os.environ:
        pytest.skip("a caller's own server")
    settings = {"log_statement": "all"}
    with postgres(tmp_path, authority, version=version, settings=settings) as server:
        assert f"{one(server, 'SHOW server_version')} ".startswith((f"{version}.", f"{version} "))
        assert server.log is not None
        assert "statement: SHOW server_version" in server.log.read_text()
    assert not server.log.is_symlink()
    assert "database system is shut down" in server.log.read_text()


def test_credcheck_bans_whom_it_has_counted(tmp_path: Path, authority: Authority) -> None:
    if "TEST_POSTGRES_DSN" in os.environ:
        pytest.skip("a caller's own server")
    settings = {"shared_preload_libraries": "credcheck", "credcheck.max_auth_failure": "2"}
    with postgres(tmp_path, authority, settings=settings) as server:
        with postgres_login(server) as session:
            session.execute("CREATE ROLE counted LOGIN PASSWORD 'right'")
        counted = replace(server, admin="counted", password="right")
        assert one(counted, "SELECT 1") == 1
        for _ in range(2):
            with pytest.raises(REFUSED):
                one(replace(counted, password="wrong"), "SELECT 1")
        with pytest.raises(REFUSED, match="has been banned"):
            one(counted, "SELECT 1")


@pytest.mark.parametrize(
    ("version", "plugins"), [("10.11", {"ed25519"}), ("11.8", {"ed25519", "parsec"})]
)
def test_mariadbs_other_ways_to_log_in(
    version: MariaDBVersion, plugins: set[str], tmp_path: Path, authority: Authority
) -> None:
    if "TEST_MARIADB_DSN" in os.environ:
        pytest.skip("a caller's own server")
    settings = {"plugin_load_add": ";".join(f"auth_{plugin}" for plugin in plugins)}
    with mariadb(tmp_path, authority, version=version, settings=settings) as server:
        assert server.version.startswith(f"{version}.")
        for plugin in plugins:
            accounts = f"'{plugin}'@'%' IDENTIFIED VIA {plugin} USING PASSWORD('x')"
            with mysql_login(server) as session, session.cursor() as cursor:
                cursor.execute(f"CREATE USER {accounts}")


@pytest.mark.parametrize("version", get_args(MariaDBVersion))
def test_a_mariadb_that_says_to_be_mysql(
    version: MariaDBVersion, tmp_path: Path, authority: Authority
) -> None:
    if "TEST_MARIADB_DSN" in os.environ:
        pytest.skip("a caller's own server")
    with mariadb(tmp_path, authority, version=version, settings={"version": "8.0.35"}) as server:
        assert server.version == "8.0.35"
        assert one(server, "SELECT 1 /*M! + 1 */") == 2


@pytest.mark.parametrize("engine", ["mariadb", "mysql"])
def test_general_log(engine: str, tmp_path: Path, authority: Authority) -> None:
    if f"TEST_{engine.upper()}_DSN" in os.environ:
        pytest.skip("a caller's own server")
    with START[engine](tmp_path, authority, settings={"general_log": "ON"}) as server:
        one(server, "SELECT 'a needle'")
        assert server.log is not None
        assert "SELECT 'a needle'" in server.log.read_text()


def test_bad_setting_shows_the_servers_words(tmp_path: Path, authority: Authority) -> None:
    if "TEST_POSTGRES_DSN" in os.environ:
        pytest.skip("a caller's own server")
    with (
        pytest.raises(ChildFailedError, match='unrecognized configuration parameter "no_such"'),
        postgres(tmp_path, authority, settings={"no_such": "it's"}),
    ):
        pytest.fail("it started")


def test_callers_own_server(
    server: Server, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = f"{server.admin}:{quote(server.password, safe='')}"
    url = f"db://{login}@{server.host}:{server.port}/{server.database}?ssl_ca={server.ca}"
    monkeypatch.setenv(f"TEST_{server.engine.upper()}_DSN", url)
    with START[server.engine](tmp_path, authority) as started:
        assert started == replace(server, log=None)


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("postgresql://admin:hush@localhost/db", ValueError, "must be scheme://"),
        ("postgresql://admin:hush@127.0.0.1:1/db?ssl_ca={ca}", ConnectionError, "cannot log in"),
    ],
)
def test_callers_own_server_in_error(  # noqa: PLR0913, PLR0917 - three are fixtures
    url: str,
    error: type[Exception],
    words: str,
    tmp_path: Path,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEST_POSTGRES_DSN", url.format(ca=authority.ca))
    with pytest.raises(error, match=words) as raised, postgres(tmp_path, authority):
        pytest.fail("there is no such server")
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    "sent", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name
)
def test_nothing_outlives_its_parent(sent: signal.Signals, tmp_path: Path) -> None:
    output = tmp_path / "output"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TEST_")}
    with output.open("wb") as file:
        parent = subprocess.Popen(
            (sys.executable, "-c", RUN_ALL, tmp_path), cwd=ROOT, stdout=file, env=environment
        )
    try:
        deadline = time.monotonic() + 120
        while b"ready" not in output.read_bytes() and time.monotonic() < deadline:
            assert parent.poll() is None
            time.sleep(0.05)
        children = descendants(parent.pid)
        assert len(children) >= 3
        parent.send_signal(sent)
        parent.wait(30)
    finally:
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + 15
    while running(children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(children)


RUN_ALL = """
import sys, time
from pathlib import Path
from local.servers.certificates import Authority
from local.servers.mariadb import Version as MariaDBVersion
from local.servers import mariadb, mysql, postgres
folder = Path(sys.argv[1])
ca = Authority(folder)
with postgres(folder, ca), mariadb(folder, ca), mysql(folder, ca):
    print("ready", flush=True)
    time.sleep(600)
"""
