"""The real HTTP client on a socket whose other end sends given bytes, and a rotation over it."""

import json
import socket
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.response import HTTPResponse

from rotators.http_api_key.issuer import HttpIssuer
from shared.keys.api_key import ApiKey
from shared.keys.backend import ApiKeyBackend
from tests.fake_ticket import FakeTicket
from tests.issuers.scripted import IssuerRequest, StubAnswer

Answers = Callable[[IssuerRequest], bytes]
ROOM = 100_000  # bytes, which a socket buffers until they are read


class Connection(HTTPSConnection):
    """A connection without TLS or port, answered when the client begins to wait."""

    answers: ClassVar[Answers]

    def connect(self) -> None:
        self.sock, self.other = socket.socketpair()
        self.sock.settimeout(5)
        self.is_verified = True

    def close(self) -> None:
        if self.sock is not None:
            self.other.close()
        super().close()

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3 does the same
        with self.other as other:
            asked = read_request(_read_sent(other))
            other.sendall(type(self).answers(asked)[:ROOM])
        return super().getresponse()


class Pool(HTTPSConnectionPool):
    ConnectionCls = Connection


def keys_over(answers: Answers, ca: Path, environment: Mapping[str, str]) -> ApiKeyBackend:
    """The function's backend; until the next call of this, `answers` answers its connections."""
    Connection.answers = staticmethod(answers)
    return _keys(ca, tuple(environment.items()))


@lru_cache(maxsize=16)
def _keys(ca: Path, environment: tuple[tuple[str, str], ...]) -> ApiKeyBackend:
    issuer = HttpIssuer(ca, dict(environment))
    issuer._network._http.pool_classes_by_scheme = {"https": Pool}
    return ApiKeyBackend(issuer, dict(environment))


def _read_sent(other: socket.socket) -> bytes:
    """The bytes that the client sent before it began to wait."""
    other.settimeout(0)
    raw = b""
    try:
        while more := other.recv(1 << 20):
            raw += more
    except BlockingIOError:
        pass
    other.settimeout(5)
    return raw


def read_request(raw: bytes) -> IssuerRequest:
    """The request in these bytes."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ")
    url = urlsplit(target)
    headers = (each.partition(": ") for each in lines)
    return IssuerRequest(
        method=method,
        path=unquote(url.path),
        raw_path=url.path,
        query=dict(parse_qsl(url.query)),
        headers={name.lower(): value for name, _, value in headers},
        body=body,
    )


def answer_bytes(answer: object) -> bytes:
    """The bytes of an answer."""
    answer = answer if isinstance(answer, StubAnswer) else StubAnswer(body=answer)
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    if answer.body is None:
        body = b""
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **answer.headers,
    }
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def ticket_of(current: ApiKey, admin: Mapping[str, object]) -> FakeTicket:
    """A ticket that lets all steps be taken, with version ids as long as true ones."""
    return FakeTicket(
        current_key=current,
        admin_secret=admin,
        version_id="v2" + "0" * 30,
        current_version_id="v1" + "0" * 30,
        allow_changes=True,
        allow_promote=True,
    )


def rotate(keys: ApiKeyBackend, document: dict[str, Any], admin: Mapping[str, object]) -> ApiKey:
    """Run all four steps; the created key is rendered and parsed again, as when it is stored."""
    current = keys.parse(document)
    ticket = ticket_of(current, admin)
    created = keys.create(current, ticket)
    pending = keys.parse(keys.render(created))
    ticket.pending_key = pending
    keys.install(pending, ticket)
    keys.verify(pending, ticket)
    keys.end_old_credential(ticket)
    return pending
