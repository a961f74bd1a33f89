"""How each driver wraps what is wrong with a connection; all tell it in the same words."""

import socket
import ssl
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import NoReturn

import psycopg
import pymysql
import pytest
import urllib3

from local.servers.certificates import Authority
from rotators.http_api_key.http.errors import no_answer
from rotators.http_api_key.http.words import FieldNames, IssuerErrors
from rotators.mysql.errors import translate as of_mysql
from rotators.postgres.errors import translate as of_postgres
from shared.credentials import Login
from shared.errors import ErrorRow, Rejected, Unreachable
from shared.tls import verifying_context
from shared.translation import ConnectionFaults
from tests.fake_servers import (
    FakeServer,
    Script,
    fake_server,
    mysql_opening,
    not_mysql,
    server_context,
)

FAULTS = ConnectionFaults.at("host", name="tls_host")
CANARY = "canary"

# --- each driver's own way ---


Driver = Callable[[str, int, Path], object]
DriverKind = tuple[Driver, Callable[[Script], Script]]


def by_pymysql(host: str, port: int, ca: Path) -> object:
    return pymysql.connect(
        host=host,
        port=port,
        user="app",
        password=CANARY,
        connect_timeout=2,
        ssl=verifying_context(ca),
    )


def by_urllib3(host: str, port: int, ca: Path, *, retries: object) -> object:
    with urllib3.PoolManager(
        ssl_context=verifying_context(ca), timeout=2, retries=retries
    ) as manager:
        return manager.request("GET", f"https://{host}:{port}/?key={CANARY}")


def answering_tls(context: ssl.SSLContext) -> Script:
    def script(connection: socket.socket, server: FakeServer) -> None:
        with server.secured(connection, context) as inside:
            server.read_on(inside)

    return script


def after_the_greeting(script: Script) -> Script:
    def open_and_run(connection: socket.socket, server: FakeServer) -> None:
        mysql_opening(connection, server)
        script(connection, server)

    return open_and_run


KINDS: dict[str, DriverKind] = {
    "PyMySQL": (by_pymysql, after_the_greeting),
    "urllib3": (partial(by_urllib3, retries=False), lambda script: script),
    "urllib3, its retries used up": (
        partial(by_urllib3, retries=urllib3.Retry(0)),
        lambda script: script,
    ),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> DriverKind:
    return KINDS[request.param]


def fault_row(driver: Driver, host: str, port: int, ca: Path) -> ErrorRow | None:
    with pytest.raises((pymysql.Error, urllib3.exceptions.HTTPError)) as caught:
        driver(host, port, ca)
    assert not isinstance(caught.value, OSError)  # it is wrapped
    return FAULTS.row(caught.value)


def test_a_name_without_an_address(
    kind: DriverKind, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(-2, CANARY)

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    assert fault_row(kind[0], "no-such-host.invalid", 1, authority.ca) is FAULTS.unresolved


def test_a_closed_port(kind: DriverKind, authority: Authority) -> None:
    assert fault_row(kind[0], "127.0.0.1", 1, authority.ca) is FAULTS.no_answer


def test_a_connection_that_ends(kind: DriverKind, authority: Authority) -> None:
    driver, after_opening = kind
    with fake_server(after_opening(lambda connection, _: connection.close())) as server:
        meaning = fault_row(driver, "127.0.0.1", server.port, authority.ca)
    assert meaning in (FAULTS.no_answer, FAULTS.broken_tls)


def test_what_is_no_tls(kind: DriverKind, authority: Authority) -> None:
    driver, after_opening = kind
    with fake_server(after_opening(not_mysql)) as server:
        assert fault_row(driver, "127.0.0.1", server.port, authority.ca) is FAULTS.broken_tls


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_for_another_host(kind: DriverKind, authority: Authority, host: str) -> None:
    driver, after_opening = kind
    context = server_context(authority, ("db.example.org",))
    with fake_server(after_opening(answering_tls(context))) as server:
        assert fault_row(driver, host, server.port, authority.ca) is FAULTS.certificate.wrong_host


def test_a_certificate_of_another_authority(
    kind: DriverKind, authority: Authority, tmp_path: Path
) -> None:
    driver, after_opening = kind
    context = server_context(Authority(tmp_path / "other"))
    with fake_server(after_opening(answering_tls(context))) as server:
        assert (
            fault_row(driver, "127.0.0.1", server.port, authority.ca)
            is FAULTS.certificate.unknown_issuer
        )


# --- in the same words for every kind of target ---

LOGIN = Login.parse(
    {"host": "db", "username": "app", "password": CANARY, "port": 1}, default_port=1
)
ISSUER = IssuerErrors(
    "https://db:1/api",
    "app",
    FieldNames(url="issuer_url", owner="owner", admin="admin_secret_arn", key="api_key"),
)
# libpq 17's, of which psycopg gives the text alone.
LIBPQ = [
    ('could not translate host name "db" to address: Name or service not known', "unresolved"),
    ('server certificate for "x" does not match host name "db"', "certificate.wrong_host"),
    ("SSL error: certificate verify failed", "certificate.untrusted"),
    ("server does not support SSL, but SSL was required", "no_tls"),
    ("SSL error: wrong version number", "broken_tls"),
    ("SSL SYSCALL error: EOF detected", "no_answer"),
    ("Connection refused", "no_answer"),
    ("connection timeout expired", "no_answer"),
]


def _unproven(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, CANARY)
    error.verify_code = code
    return error


WRAPPED: dict[str, Exception] = {
    "unresolved": socket.gaierror(-2, CANARY),
    "certificate.wrong_host": _unproven(62),
    "certificate.untrusted": _unproven(0),
    "broken_tls": ssl.SSLError(1, CANARY),
    "no_answer": ConnectionRefusedError(111, CANARY),
}


@pytest.mark.parametrize(("text", "name"), LIBPQ)
def test_all_kinds_say_the_same(text: str, name: str) -> None:
    meaning: ErrorRow = attrgetter(name)(FAULTS)
    by_kind = {"postgres": of_postgres(psycopg.OperationalError(text), LOGIN)}
    if name == "no_tls":
        by_kind["mysql"] = of_mysql(pymysql.OperationalError(2026, CANARY), LOGIN)
    else:
        lost = pymysql.OperationalError(2003, CANARY)
        lost.original_exception = WRAPPED[name]  # type: ignore[attr-defined]  # PyMySQL's own
        by_kind["mysql"] = of_mysql(lost, LOGIN)
        broken = urllib3.exceptions.ProtocolError(CANARY, WRAPPED[name])
        issuers = no_answer(broken, ISSUER)
        assert type(issuers) is meaning.kind
        assert issuers.what == f"the issuer at https://db:1/api: {meaning.clause} (ProtocolError)"
        assert issuers.do == attrgetter(name)(ConnectionFaults.at("issuer_url")).do
        assert issuers.field == (meaning.field if meaning.field != "host" else "issuer_url")
    for kind, error in by_kind.items():
        assert type(error) is meaning.kind
        assert error.what.startswith(f"{kind} user 'app' at db:1: {meaning.clause}")
        assert (error.do, error.field) == (meaning.do, meaning.field)
        assert CANARY not in str(error)


def test_what_a_server_said_itself_counts_more_than_what_came_before() -> None:
    refused = pymysql.OperationalError(1045, CANARY)
    refused.__context__ = ConnectionResetError(104, CANARY)
    assert type(of_mysql(refused, LOGIN)) is Rejected


def test_a_proxys_address_and_certificate_are_not_the_issuers() -> None:
    for cause in (socket.gaierror(-2, CANARY), _unproven(20)):
        error = no_answer(urllib3.exceptions.ProxyError(CANARY, cause), ISSUER)
        assert (error.code, error.field) == (Unreachable.code, "issuer_url")
        assert "cannot be resolved" not in error.what
