"""No hang, no downgrade: hosts that stall and servers that are not the ones they should be.

Each ends in a typed error within the step's time, and no password is ever sent to them.
"""

import gc
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from psycopg import sql

from local.servers import Server
from local.servers.certificates import Authority
from rotators.mysql import engine as mysql
from rotators.mysql.testing import MySQLTarget
from rotators.postgres import connection as postgres
from rotators.postgres.testing import PostgresTarget
from shared.errors import Busy, MalformedSecret, Misconfigured, Unreachable, Untrusted
from shared.protocol.event import Step
from tests import fake_servers
from tests.failing import afresh, assert_fails, target_on
from tests.fake_servers import Script, fake_server, server_context
from tests.lab import Lab, LabSecret

# Beside the second that is kept for the end, two for the step.
SHORT = 3


@pytest.fixture(params=["postgres", "mariadb", "mysql"])
def secret(lab: Lab, request: pytest.FixtureRequest) -> LabSecret:
    return lab.secret(target_on(request.getfixturevalue(f"{request.param}_server")))


@pytest.fixture(params=["postgres", "mysql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def faked(lab: Lab, request: pytest.FixtureRequest, kind: str) -> LabSecret:
    """Of a real user, for a test that puts a fake's port in it."""
    return lab.secret(target_on(request.getfixturevalue(f"{kind}_server")))


# --- no hang ---


@contextmanager
def stalling(how: str, kind: str, authority: Authority) -> Iterator[int]:
    """The port of a host that stalls so."""
    scripts: dict[str, Script] = {
        "never answers": fake_servers.silent,
        "stalls in the TLS handshake": fake_servers.half_a_handshake(
            kind, server_context(authority)
        ),
        "stalls in the login": fake_servers.half_a_login(kind, server_context(authority)),
    }
    if how == "swallows packets":
        with fake_servers.swallowing() as port:
            yield port
    else:
        with fake_server(scripts[how]) as server:
            yield server.port
        assert server.connections >= 1


STALLS = [
    "swallows packets",
    "never answers",
    "stalls in the TLS handshake",
    "stalls in the login",
]


@pytest.mark.parametrize("how", STALLS)
def test_a_host_that_stalls_is_given_up_by_the_driver(
    faked: LabSecret, kind: str, authority: Authority, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rotator in (postgres, mysql):
        monkeypatch.setattr(rotator, "CONNECT_SECONDS", 2)  # the least that libpq takes
        monkeypatch.setattr(rotator, "ANSWER_SECONDS", 1)
    with stalling(how, kind, authority) as port:
        error = assert_fails(faked, Unreachable, port=port)
    assert error.retryable
    assert error.field == "host"
    assert "no answer" in error.what


# CPython closes a socket whose handshake ends in an Exception; the deadline is none, and leaves it
# to the collector, which says so.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("how", STALLS)
def test_a_host_that_stalls_is_given_up_when_the_steps_time_is_over(
    faked: LabSecret, kind: str, authority: Authority, how: str
) -> None:
    with stalling(how, kind, authority) as port:
        error = assert_fails(faked, Unreachable, timeout=SHORT, port=port)
    assert error.retryable
    assert "time was over" in error.what
    gc.collect()  # here, and not in the middle of another test


def test_a_server_that_answers_a_byte_at_a_time(faked: LabSecret) -> None:
    """Each wait is short, and together they would outlast the function."""
    with fake_server(fake_servers.dripping) as server:
        error = assert_fails(faked, Unreachable, timeout=SHORT, port=server.port)
    assert error.retryable


def test_a_role_that_another_session_is_changing(
    lab: Lab, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 1)
    target = PostgresTarget(postgres_server, f"bad_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    role = sql.Identifier(str(target.document["username"]))
    with target.admin() as holder, holder.transaction():
        holder.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT 5").format(role))
        with pytest.raises(Busy, match="55P03"):
            secret.step(event, Step.SET)
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
    assert target.accepts(secret.value())


@pytest.mark.parametrize("server", ["mariadb_server", "mysql_server"])
def test_accounts_that_another_session_has_locked(
    lab: Lab, request: pytest.FixtureRequest, server: str
) -> None:
    target = MySQLTarget(request.getfixturevalue(server), f"bad_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with target.admin() as holder, holder.cursor() as cursor:
        cursor.execute("FLUSH TABLES WITH READ LOCK")  # as a backup does
        with pytest.raises(Busy, match=r"1205|1969"):
            secret.step(event, Step.SET)
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
    assert target.accepts(secret.value())


# --- no downgrade ---

# All that a client sends before TLS: PostgreSQL's SSLRequest, MySQL's SSL Request packet.
ASKS_FOR_TLS = {"postgres": 8, "mysql": 36}


def test_another_authority(secret: LabSecret, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    error = assert_fails(secret, Untrusted, afresh(secret, TLS_CA_BUNDLE=str(other.ca)))
    assert error.field == "TLS_CA_BUNDLE"


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_file_that_is_none(
    secret: LabSecret, tmp_path: Path, content: str | None
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    error = assert_fails(secret, Misconfigured, afresh(secret, TLS_CA_BUNDLE=str(bundle)))
    assert error.field == "TLS_CA_BUNDLE"


def test_a_certificate_for_another_host(secret: LabSecret) -> None:
    # Linux takes 0.0.0.0 for this machine, and the certificate does not have it.
    error = assert_fails(secret, Untrusted, host="0.0.0.0")  # noqa: S104 - connected to, not bound
    assert error.field == "host"
    assert "another host" in error.what


@pytest.mark.parametrize("what", ["expired", "of another authority", "for another host"])
def test_nothing_is_sent_to_a_server_with_a_bad_certificate(
    faked: LabSecret, kind: str, authority: Authority, tmp_path: Path, what: str
) -> None:
    bad = {
        "expired": lambda: server_context(authority, lasts=-timedelta(hours=1)),
        "of another authority": lambda: server_context(Authority(tmp_path / "other")),
        "for another host": lambda: server_context(authority, ("db.example.org",)),
    }
    with fake_server(fake_servers.asking_in_clear(kind, bad[what]())) as server:
        error = assert_fails(faked, Untrusted, port=server.port)
    assert error.field == ("TLS_CA_BUNDLE" if what == "of another authority" else "host")
    assert what != "expired" or ("has expired" in error.what and "renew" in error.do)
    # For PostgreSQL the reason is asked for in a connection of its own, as libpq does not tell it.
    assert server.connections == (2 if kind == "postgres" and what != "for another host" else 1)
    assert len(server.received) == ASKS_FOR_TLS[kind] * server.connections
    assert not received_passwords(faked, server)


def test_a_server_without_tls_is_sent_nothing(faked: LabSecret, kind: str) -> None:
    with fake_server(getattr(fake_servers, f"{kind}_without_tls")) as server:
        error = assert_fails(faked, Untrusted, port=server.port)
    assert "no TLS" in error.what
    assert server.connections == 1
    assert str(faked.value()["username"]).encode() not in server.received
    assert not received_passwords(faked, server)


def test_a_server_that_asks_for_the_password_in_clear_does_not_get_it(
    faked: LabSecret, kind: str, authority: Authority
) -> None:
    with fake_server(fake_servers.asking_in_clear(kind, server_context(authority))) as server:
        error = assert_fails(faked, Untrusted, port=server.port)
    assert "in clear" in error.what
    assert str(faked.value()["username"]).encode() in server.received  # it did get that far
    assert not received_passwords(faked, server)


def received_passwords(secret: LabSecret, server: fake_servers.FakeServer) -> list[str]:
    """The stored passwords that the fake got."""
    return [value for value in secret.values() if value.encode() in server.received]


@pytest.mark.parametrize("word", [False, "false", "no"])
def test_a_secret_that_switches_tls_off_is_refused(secret: LabSecret, word: object) -> None:
    secret.store({**secret.value(), "ssl": word})
    event = secret.begin()
    with pytest.raises(MalformedSecret, match="ALLOW_UNENCRYPTED=true") as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.field == "ssl"
