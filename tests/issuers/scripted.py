"""An issuer that answers as a test says, over real sockets and verified TLS."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partialmethod
from http.server import BaseHTTPRequestHandler
from ssl import SSLSocket
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from local.network.tls import HOST, Cut, TlsServer
from local.servers.certificates import Authority, Certificate


@dataclass(frozen=True, slots=True)
class IssuerRequest:
    """A request: its path unquoted, its query and body as they were meant."""

    method: str
    path: str
    raw_path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.body) if self.body else None

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def basic(self) -> tuple[str, str]:
        """User name and password."""
        both = base64.b64decode(self.headers.get("authorization", "").removeprefix("Basic "))
        user, _, password = both.decode().partition(":")
        return user, password


@dataclass(frozen=True, slots=True)
class StubAnswer:
    """An answer; `body` is JSON unless it is bytes."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    zipped: bool = False


Script = Callable[[IssuerRequest], StubAnswer | object]
"""Answers a request: with a StubAnswer, or with JSON and 200; may raise Cut."""


@dataclass
class Stub:
    """A running stub; `asked` is all it was ever asked."""

    url: str
    script: Script
    asked: list[IssuerRequest] = field(default_factory=list)

    def seen(self, method: str = "") -> list[str]:
        """The lines of the requests, such as `GET /keys`."""
        return [f"{a.method} {a.path}" for a in self.asked if method in ("", a.method)]


@contextmanager
def stub_issuer(authority: Authority, script: Script, path: str = "") -> Iterator[Stub]:
    """Run it at https://localhost:PORT`path` while the block runs."""
    server = _Server(authority.issue("stub-issuer"))
    with server.running() as port:
        server.stub = Stub(f"https://localhost:{port}{path}", script)
        yield server.stub


class _Server(TlsServer):
    stub: Stub

    def __init__(self, certificate: Certificate) -> None:
        super().__init__(certificate)

    def serve(self, connection: SSLSocket) -> None:
        _Handler(connection, HOST, self)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _serve(self, method: str) -> None:
        url = urlsplit(self.path)
        asked = IssuerRequest(
            method=method,
            path=unquote(url.path),
            raw_path=url.path,
            query=dict(parse_qsl(url.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
        )
        self.server.stub.asked.append(asked)
        scripted = self.server.stub.script(asked)
        answer = scripted if isinstance(scripted, StubAnswer) else StubAnswer(body=scripted)
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        if answer.body is None:
            body = b""
        headers = {"Content-Type": "application/json", **answer.headers}
        if answer.zipped:
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Write nothing: its lines quote requests."""

    do_GET = partialmethod(_serve, "GET")  # noqa: N815 - the base class looks for these names
    do_POST = partialmethod(_serve, "POST")  # noqa: N815
    do_PUT = partialmethod(_serve, "PUT")  # noqa: N815
    do_PATCH = partialmethod(_serve, "PATCH")  # noqa: N815
    do_DELETE = partialmethod(_serve, "DELETE")  # noqa: N815


__all__ = ["Cut", "IssuerRequest", "Stub", "StubAnswer", "stub_issuer"]
