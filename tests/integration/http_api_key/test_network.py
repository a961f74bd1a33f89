"""Where an issuer's calls go and where not, and what comes back in unusual ways: real sockets."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from local.servers.certificates import Authority
from rotators.http_api_key.http.addresses import AddressError, may_be_called
from rotators.http_api_key.http.calls import Call
from rotators.http_api_key.http.network import (
    Answer,
    AnswerError,
    Network,
    Rules,
)
from shared.errors import Misconfigured
from tests.issuers.scripted import IssuerRequest, Stub, StubAnswer, stub_issuer

HERE = {"ALLOW_PRIVATE_ISSUERS": "true"}
Script = Callable[[IssuerRequest], object]
Start = Callable[[Script], Stub]


@pytest.fixture
def start(authority: Authority) -> Iterator[Start]:
    """Run a stub that answers by this script, to the test's end."""
    running = []

    def run(script: Script) -> Stub:
        context = stub_issuer(authority, script)
        running.append(context)
        return context.__enter__()

    yield run
    for context in running:
        context.__exit__(None, None, None)


@pytest.fixture
def send(authority: Authority) -> Callable[..., Answer]:
    """Make one call as the function would, with a credential and this environment."""

    def send_once(url: str, method: str = "GET", **environment: str) -> Answer:
        rules = Rules.from_environment({**HERE, **environment})
        body = None if method == "GET" else b'{"a": 1}'
        call = Call(method, url, {"Authorization": "Bearer canary"}, body)
        return Network(authority.ca, rules).send(call)

    return send_once


Send = Callable[..., Answer]


def answers(*bodies: object) -> Script:
    """One after the other."""
    left = iter(bodies)
    return lambda _: next(left)


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 301), ("GET", 302), ("GET", 307), ("POST", 307), ("POST", 308)]
)
def test_a_redirect_within_the_origin_is_followed(
    start: Start, send: Send, method: str, status: int
) -> None:
    stub = start(answers(StubAnswer(status, headers={"Location": "/there?a=b"}), {"ok": True}))
    assert send(f"{stub.url}/here", method).content == b'{"ok": true}'
    first, second = stub.asked
    assert (second.method, second.path, second.query) == (method, "/there", {"a": "b"})
    assert second.headers["authorization"] == "Bearer canary"
    assert second.body == first.body


@pytest.mark.parametrize("status", [301, 302])
def test_a_redirect_that_would_lose_the_method_is_not(
    start: Start, send: Send, status: int
) -> None:
    stub = start(answers(StubAnswer(status, headers={"Location": "/there"})))
    with pytest.raises(AnswerError):
        send(f"{stub.url}/here", "POST")
    assert len(stub.asked) == 1


def test_a_redirect_to_another_origin_is_not(start: Start, send: Send) -> None:
    elsewhere = start(answers({"ok": True}))
    for target in (f"{elsewhere.url}/x", "http://localhost/x", "//elsewhere.invalid/x"):
        stub = start(answers(StubAnswer(307, headers={"Location": target})))
        with pytest.raises(AnswerError):
            send(f"{stub.url}/here")
    assert elsewhere.asked == []


def test_redirects_have_an_end(start: Start, send: Send) -> None:
    stub = start(lambda _: StubAnswer(302, headers={"Location": "/again"}))
    with pytest.raises(AnswerError):
        send(f"{stub.url}/here")
    assert len(stub.asked) == 4


def test_a_zipped_answer_is_read(start: Start, send: Send) -> None:
    stub = start(answers(StubAnswer(body={"a": "b" * 5000}, zipped=True)))
    assert send(stub.url + "/x").content == b'{"a": "' + b"b" * 5000 + b'"}'


def test_a_zipped_answer_that_is_much_larger_inside_is_not(start: Start, send: Send) -> None:
    stub = start(answers(StubAnswer(body=b"0" * (64 << 20), zipped=True)))
    with pytest.raises(AnswerError):
        send(stub.url + "/x")


def test_half_a_zipped_answer_is_none(start: Start, send: Send) -> None:
    half = gzip.compress(b'{"a": "b"}' * 1000)[:-20]
    stub = start(answers(StubAnswer(body=half, headers={"Content-Encoding": "gzip"})))
    content = b""
    try:
        content = send(stub.url + "/x").content
    except Exception as error:  # noqa: BLE001 - urllib3's, of which kind is its own affair
        assert type(error).__module__.startswith("urllib3")
    assert not content.endswith(b"}" * 2)


@pytest.mark.parametrize("status", [429, 503])
def test_a_short_retry_after_is_waited_for_once(start: Start, send: Send, status: int) -> None:
    later = StubAnswer(status, headers={"Retry-After": "0"})
    stub = start(answers(later, {"ok": True}))
    assert send(stub.url + "/x").status == 200
    stub = start(answers(later, later))
    assert send(stub.url + "/x").status == status
    assert len(stub.asked) == 2


@pytest.mark.parametrize(
    "retry_after", ["6", "3600", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "soon", ""]
)
def test_a_long_or_odd_retry_after_is_left_to_the_next_attempt(
    start: Start, send: Send, retry_after: str
) -> None:
    stub = start(answers(StubAnswer(429, headers={"Retry-After": retry_after})))
    assert send(stub.url + "/x").status == 429
    assert len(stub.asked) == 1


# --- which hosts ---


@pytest.mark.parametrize(
    "hosts", ["localhost", "keys.example.org, LOCALHOST", "local*", "*:{port}"]
)
def test_a_host_of_the_list_is_called(start: Start, send: Send, hosts: str) -> None:
    stub = start(answers({}))
    port = stub.url.rpartition(":")[2]
    assert send(stub.url + "/x", ISSUER_HOSTS=hosts.format(port=port)).status == 200


@pytest.mark.parametrize("hosts", ["keys.example.org", "*.localhost", "localhost:1", "ocalhost"])
def test_no_other_host_is(start: Start, send: Send, hosts: str) -> None:
    stub = start(answers({}))
    with pytest.raises(Misconfigured) as caught:
        send(stub.url + "/x", ISSUER_HOSTS=hosts)
    assert caught.value.field == "ISSUER_HOSTS"
    assert stub.asked == []


def test_this_machine_is_not_called_unless_that_is_said(send: Send) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        with pytest.raises(AddressError):
            send(f"https://localhost:{server.getsockname()[1]}/x", ALLOW_PRIVATE_ISSUERS="")
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1::1", True, True),
        ("10.0.0.1", False, True),
        ("172.16.0.1", False, True),
        ("192.168.1.1", False, True),
        ("100.64.0.1", False, True),
        ("127.0.0.1", False, True),
        ("0.0.0.0", False, True),  # noqa: S104 - never bound
        ("::1", False, True),
        ("fd12::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("169.254.169.254", False, False),
        ("169.254.170.2", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("::169.254.169.254", False, False),
        ("::127.0.0.1", False, True),
        ("::", False, True),
        ("2002:a9fe:a9fe::1", False, False),
        ("fd00:ec2::254", False, False),
        ("fe80::1%eth0", False, False),
        ("224.0.0.1", False, False),
    ],
)
def test_which_addresses_are_called(address: str, *, public: bool, private: bool) -> None:
    assert may_be_called(address, private=False) is public
    assert may_be_called(address, private=True) is private


def test_one_bad_address_of_a_name_is_enough(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would else be a matter of luck, or of the second look, which one is called."""
    found = [(2, 1, 6, "", (address, 443)) for address in ("93.184.216.34", "169.254.169.254")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressError):
        send("https://rebound.example.org/x")


# --- proxies ---


@contextmanager
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that knows CONNECT; its URL, and what it was asked first of each connection."""
    lines: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        thread = threading.Thread(target=_serve_once, args=(server, lines), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", lines
    thread.join(10)


def _serve_once(server: socket.socket, lines: list[bytes]) -> None:
    try:
        client, _ = server.accept()
    except OSError:
        return
    with client:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        lines.append(head.split(b"\r\n")[0])
        host, _, port = head.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port)), 5) as target:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_copy, args=(target, client), daemon=True)
            back.start()
            _copy(client, target)
            back.join(5)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while block := source.recv(4096):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def test_a_proxy_of_the_environment_is_not_used(
    start: Start, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = start(answers({}))
    with socket.create_server(("127.0.0.1", 0)) as server:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.getsockname()[1]}")
        assert send(stub.url + "/x").status == 200
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_proxy_that_is_told_sees_no_more_than_the_host(start: Start, send: Send) -> None:
    stub = start(answers({"ok": True}))
    with proxy() as (url, lines):
        assert send(stub.url + "/x", ISSUER_PROXY=url).status == 200
    assert lines == [f"CONNECT {stub.url.removeprefix('https://')} HTTP/1.1".encode()]
    assert stub.asked[0].headers["authorization"] == "Bearer canary"


def test_a_proxy_that_is_none() -> None:
    with pytest.raises(Misconfigured) as caught:
        Rules.from_environment({"ISSUER_PROXY": "proxy:3128"})
    assert caught.value.field == "ISSUER_PROXY"
