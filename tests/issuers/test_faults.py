"""Faults happen when and as often as asked for, and HttpIssuer gives each its own error."""

import gc
import json
import socket
import ssl
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from local.servers.certificates import Authority
from rotators.http_api_key.http import network
from rotators.http_api_key.testing.issuers import demo_issuer as demo
from rotators.http_api_key.testing.issuers.faults import (
    Fault,
    Faults,
    cut_short,
    garbage,
    hang,
    huge,
    lost,
    not_an_object,
    redirect,
    reset,
    status,
    truncated,
)
from rotators.http_api_key.testing.issuers.issuer import (
    Issuer,
    accepts,
    ask,
    issue,
    key_ids,
    tokens,
)
from shared.errors import (
    Forbidden,
    Misconfigured,
    RotationError,
    TargetMismatch,
    Throttled,
    Unreachable,
)
from tests.issuers.issuing import manager

# What HttpIssuer makes of each fault in the answer to a list.
MEANINGS: list[tuple[Fault, type[RotationError]]] = [
    (status(401), Forbidden),  # the hub says 403: whatever answered does not know its tokens
    (status(403), Forbidden),
    (status(404), TargetMismatch),
    (status(429, retry_after=30), Throttled),
    (status(500), Unreachable),
    (status(503, retry_after=30), Unreachable),
    (garbage, Misconfigured),
    (not_an_object, Misconfigured),
    (truncated, Misconfigured),
    (huge, Misconfigured),
    (cut_short, Unreachable),
    (reset, Unreachable),
    (lost, Unreachable),
    (hang, Unreachable),
]


@pytest.mark.parametrize(("fault", "kind"), MEANINGS)
def test_http_issuer_tells_faults_apart(
    demo_issuer: Issuer,
    issuer_faults: Faults,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    kind: type[RotationError],
) -> None:
    monkeypatch.setattr(network, "ANSWER_SECONDS", 0.5)
    account = manager(demo_issuer)
    key_id, _ = issue(demo_issuer, "there before")
    issuer_faults.next("GET", fault)
    with pytest.raises(kind) as raised:
        account.listed()
    assert raised.value.code == kind.code
    assert issuer_faults.left() == 0
    assert demo_issuer.admin not in str(raised.value)
    assert key_id in {key.key_id for key in account.listed()}


def test_a_redirect_leads_nowhere(demo_issuer: Issuer, issuer_faults: Faults) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.2)
        issuer_faults.next("GET", redirect(f"https://localhost:{elsewhere.getsockname()[1]}/"))
        with pytest.raises(Misconfigured):
            manager(demo_issuer).listed()
        with pytest.raises(TimeoutError):
            elsewhere.accept()


@pytest.mark.parametrize("fault", [lost, cut_short, truncated])
def test_some_answers_are_lost_after_the_deed(
    demo_issuer: Issuer, issuer_faults: Faults, fault: Fault
) -> None:
    before = key_ids(demo_issuer)
    issuer_faults.next("POST", fault)
    with pytest.raises((urllib3.exceptions.HTTPError, json.JSONDecodeError)):
        issue(demo_issuer, "lost")
    assert len(key_ids(demo_issuer) - before) == 1


@pytest.mark.parametrize("fault", [reset, status(500)])
def test_others_come_before_it(demo_issuer: Issuer, issuer_faults: Faults, fault: Fault) -> None:
    before = key_ids(demo_issuer)
    issuer_faults.next("POST", fault)
    with pytest.raises((urllib3.exceptions.HTTPError, RuntimeError)):
        issue(demo_issuer, "never")
    assert key_ids(demo_issuer) == before


def test_retry_after_is_said(demo_issuer: Issuer, issuer_faults: Faults) -> None:
    issuer_faults.next("GET", status(429, retry_after=7))
    with urllib3.PoolManager(ca_certs=str(demo_issuer.ca), retries=False) as http:
        answer = http.request("GET", f"{demo_issuer.url}/user")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


def test_only_what_matches_meets_a_fault(demo_issuer: Issuer, issuer_faults: Faults) -> None:
    issuer_faults.next("GET", status(503), path="/users/.*", times=2)
    issuer_faults.next("*", status(500), path="/user")
    path, admin = tokens(demo_issuer.owner), demo_issuer.admin
    assert ask(demo_issuer, "POST", path, admin).status == 201
    assert ask(demo_issuer, "GET", "/user", admin).status == 500
    assert ask(demo_issuer, "GET", "/user", admin).status == 200
    answers = [ask(demo_issuer, "GET", path, admin).status for _ in range(3)]
    assert answers == [503, 503, 200]
    issuer_faults.next("GET", reset, times=5)
    assert issuer_faults.left() == 5
    issuer_faults.clear()
    assert accepts(demo_issuer, admin)


@pytest.mark.timeout(25)  # by then it hangs: 30 seconds of silence would end its clients too
def test_it_closes_whatever_is_connected(tmp_path: Path, authority: Authority) -> None:
    """A client that hangs, one that keeps its connection and one that never shakes hands."""
    faults = Faults()
    context = ssl.create_default_context(cafile=str(authority.ca))
    with demo(tmp_path, authority, faults) as issuer:
        faults.next("GET", hang)
        port = urlsplit(issuer.url).port
        silent = socket.create_connection(("127.0.0.1", port))
        kept, hanging = (
            context.wrap_socket(
                socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"
            )
            for _ in range(2)
        )
        hanging.sendall(b"GET /api/user HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while faults.left():
            time.sleep(0.01)
    for client in (silent, kept, hanging):
        client.close()
    gc.collect()  # an unclosed socket is a warning, and a warning an error


def test_threads_share_it(demo_issuer: Issuer) -> None:
    issued: list[tuple[str, str]] = []
    threads = [
        threading.Thread(target=lambda: issued.append(issue(demo_issuer, "at once")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({key_id for key_id, _ in issued}) == 8
    assert all(accepts(demo_issuer, key) for _, key in issued)


def test_a_body_too_long_to_read_is_refused(demo_issuer: Issuer) -> None:
    headers = {"Content-Length": "70000"}
    with urllib3.PoolManager(ca_certs=str(demo_issuer.ca), retries=False) as http:
        answer = http.request("POST", f"{demo_issuer.url}/user", headers=headers)
    assert answer.status == 413


def test_a_key_in_the_path_is_not_logged(demo_issuer: Issuer) -> None:
    key_id, key = issue(demo_issuer, "misplaced")
    for path in (f"{tokens(demo_issuer.owner)}/{key}", f"/user?token={key}", f"/{key}"):
        ask(demo_issuer, "DELETE", path, demo_issuer.admin)
    assert key not in demo_issuer.log.read_text()
    assert key_id in key_ids(demo_issuer)
