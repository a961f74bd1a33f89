"""What a server says of itself before it is authenticated decides nothing."""

import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from local.servers import Server, mariadb, mysql
from local.servers.certificates import Authority
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from shared.errors import Misconfigured
from shared.secret import Secret
from tests.faults.leaks import forms
from tests.greetings import greeting_as
from tests.integration.mysql.users import Users
from tests.lab import Lab

MARIADB = ["8.0.11 (ProxySQL)", "5.6.47.0", "11.4.13-readyset", "8.0.35", "5.7.44-MaxScale"]
MYSQL = ["5.5.5-10.6.12-MariaDB", "11.8.3-MariaDB-log", "5.6.47.0", "8.0.11 (ProxySQL)"]
OVERLAP = {"PASSWORD_OVERLAP": "true", "OLD_PASSWORD_ENDS": "on-finish"}
BY_ADMIN = {"ADMIN_SETS_PASSWORD": "true"}
WAYS: list[Mapping[str, str]] = [{}, {"SHORT_GAP": "true"}, BY_ADMIN, OVERLAP, OVERLAP | BY_ADMIN]


def rotate_in_all_ways(lab: Lab, server: Server) -> None:
    """Every strategy succeeds, twice, and no password of it is in the server's log."""
    targets: list[MySQLTarget] = [
        MySQLTarget(server, f"greeted_{uuid.uuid4().hex[:8]}", settings) for settings in WAYS
    ]
    targets.append(MySQLAlternatingTarget(server, f"greeted_{uuid.uuid4().hex[:8]}"))
    for target in targets:
        secret = lab.secret(target)
        first = str(target.document["password"])  # the test's own CREATE shows it
        for _ in range(2):
            assert secret.rotate().state == "succeeded"
        made = secret.values() - {first}
        assert len(made) >= 2
        assert server.log is not None
        log = server.log.read_bytes()
        assert str(target.document["username"]).encode() in log  # what is searched is the log
        assert not [form for value in made for form in forms(value) if form in log]


@pytest.fixture(scope="module")
def logging_servers(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Any:  # noqa: ANN401 - a generator of servers by engine
    """One of each that writes every statement to its log."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                start(tmp_path_factory.mktemp(name), authority, settings={"general_log": "ON"})
            )
            for name, start in (("mariadb", mariadb), ("mysql", mysql))
        }


@pytest.mark.parametrize(
    ("engine", "greeting"),
    [("mariadb", greeting) for greeting in MARIADB] + [("mysql", greeting) for greeting in MYSQL],
)
def test_a_relay_may_greet_as_anything(
    lab: Lab, logging_servers: Mapping[str, Server], engine: str, greeting: str
) -> None:
    with greeting_as(logging_servers[engine], greeting) as server:
        rotate_in_all_ways(lab, server)


@pytest.mark.parametrize("version", ["8.0.35", "5.5.5-8.0.35-ReadySet"])
def test_mariadb_may_be_started_as_another_version(
    lab: Lab, tmp_path: Path, authority: Authority, version: str
) -> None:
    """`--version` fakes VERSION() as well."""
    settings = {"general_log": "ON", "version": version}
    with mariadb(tmp_path, authority, settings=settings) as server:
        assert "MariaDB" not in server.version
        rotate_in_all_ways(lab, server)


@pytest.mark.parametrize("engine", ["mariadb", "mysql"])
def test_a_session_of_another_id_than_was_greeted_is_pooled(
    request: pytest.FixtureRequest, engine: str
) -> None:
    server: Server = request.getfixturevalue(f"{engine}_server")
    users = Users(server)
    users.create()
    with users.session("first") as session:
        assert not session.is_pooled
    with (
        greeting_as(server, server.version, thread_id=77777777) as relayed,
        Users(relayed, users.name).session("first") as session,
    ):
        assert session.is_pooled


def test_who_executes_no_comments_gets_no_password(
    mariadb_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy may leave them out; then the two cannot be told apart."""
    plain = "SELECT CURRENT_USER(), CONNECTION_ID(), 0, 0, 0"
    monkeypatch.setattr("rotators.mysql.connection.FACTS", plain)
    users = Users(mariadb_server)
    users.create()
    with users.session("first") as session, pytest.raises(Misconfigured, match="neither"):
        session.set_password(Secret("second"))
    assert users.accepted("first", "second") == {"first"}
