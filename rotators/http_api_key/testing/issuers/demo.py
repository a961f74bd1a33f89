"""A small issuer of our own, in this process: started in milliseconds, with faults on demand.

It really issues, checks and revokes, over HTTPS, by the part of JupyterHub's API that rotation
uses.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial, partialmethod
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from ssl import SSLSocket
from typing import IO
from urllib.parse import urlsplit

from local.network.tls import HOST, SILENCE_SECONDS, Cut, TlsServer
from local.servers.certificates import Authority, Certificate
from rotators.http_api_key.testing.issuers.faults import Faults, Hang, IssuerAnswer
from rotators.http_api_key.testing.issuers.issuer import Issuer
from rotators.http_api_key.testing.issuers.keys import Keys

API = "/api"
OWNER, OTHER_OWNER = "app", "other"
HANG_SECONDS = 60.0
MAX_BODY_BYTES = 1 << 16


@contextmanager
def demo_issuer(
    directory: Path, authority: Authority, faults: Faults | None = None
) -> Iterator[Issuer]:
    """Run the issuer while the block runs, forgetting its keys at the end; its log has no key."""
    directory.mkdir(parents=True, exist_ok=True)
    admin = secrets.token_hex(32)
    log = directory / "demo-issuer.log"
    certificate = authority.issue(f"demo-issuer-{secrets.token_hex(4)}")
    keys = Keys({OWNER, OTHER_OWNER}, admin)
    with (
        log.open("a", buffering=1) as lines,
        _DemoServer(certificate, keys, faults or Faults(), lines).running() as port,
    ):
        url = f"https://localhost:{port}{API}"
        yield Issuer(url, admin, OWNER, OTHER_OWNER, authority.ca, log)


class _DemoServer(TlsServer):
    def __init__(
        self, certificate: Certificate, keys: Keys, faults: Faults, lines: IO[str]
    ) -> None:
        self.keys, self.faults = keys, faults
        self._lines = lines
        super().__init__(certificate)

    def serve(self, connection: SSLSocket) -> None:
        _Handler(connection, HOST, self)

    def note(self, line: str) -> None:
        self._lines.write(f"{line}\n")  # in one call: lines of threads do not mix


class _Handler(BaseHTTPRequestHandler):
    server: _DemoServer
    protocol_version = "HTTP/1.1"
    timeout = SILENCE_SECONDS

    def _serve(self, method: str) -> None:
        path = urlsplit(self.path).path.removeprefix(API)
        body = self._body()
        if body is None:
            self.close_connection = True  # what was not read is not the next request
            self._send(method, path, IssuerAnswer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            return
        key = self.headers.get("Authorization", "").partition("Bearer ")[2] or None
        act = partial(self.server.keys.answer, method, path, key, body)
        fault = self.server.faults.take(method, path)
        try:
            answer = act() if fault is None else fault(act)
        except Hang:
            self.server.closing.wait(HANG_SECONDS)
            raise Cut from None
        self._send(method, path, answer)

    def _body(self) -> bytes | None:
        """What was sent, or None if its length is not known or too much."""
        length = self.headers.get("Content-Length", "0")
        known = re.fullmatch(r"[0-9]{1,9}", length) and "Transfer-Encoding" not in self.headers
        if not known or int(length) > MAX_BODY_BYTES:
            return None
        return self.rfile.read(int(length))

    def _send(self, method: str, path: str, answer: IssuerAnswer) -> None:
        # Our own names are short: what is long may be a key in the wrong place.
        self.server.note(f"{method} {re.sub(r'[^/]{25,}', '...', path)} {int(answer.status)}")
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" in answer.headers:  # not the true one
            self.close_connection = True
        elif answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Write nothing: its lines quote requests."""

    do_GET = partialmethod(_serve, "GET")  # noqa: N815 - the base class looks for these names
    do_POST = partialmethod(_serve, "POST")  # noqa: N815
    do_DELETE = partialmethod(_serve, "DELETE")  # noqa: N815
