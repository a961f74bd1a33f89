"""All stubs at their issuers' own host names, behind a proxy of ours.

A function whose ISSUER_PROXY is this one meets them over TLS that our authority vouches for:
descriptions are tested as they are shipped.
"""

import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partialmethod
from http.server import BaseHTTPRequestHandler

from local.network.tls import server_context
from local.servers.certificates import Authority
from tests.issuers.examples import Documentation
from tests.issuers.operations import Sent
from tests.issuers.stub import Stub


class Internet(socketserver.ThreadingTCPServer):
    """A proxy to which `CONNECT host:443` leads to the stub of that host, and to no other."""

    daemon_threads = True
    request_queue_size = 20

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self.stubs: dict[str, Stub] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        super().__init__(("127.0.0.1", 0), _Tunnel)

    def add(self, documentation: Documentation) -> Stub:
        """The stub of an issuer, at every host of its documentation."""
        stub = Stub(documentation)
        for host in documentation.hosts:
            if host not in self._contexts:
                name = "stub-" + host.replace(".", "-")
                self._contexts[host] = server_context(self._authority.issue(name, (host,)))
            self.stubs[host] = stub
        return stub

    def context(self, host: str) -> ssl.SSLContext | None:
        return self._contexts.get(host)

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve while the block runs, at the URL that is yielded."""
        thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{self.server_address[1]}"
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Tunnel(socketserver.StreamRequestHandler):
    server: Internet
    timeout = 30

    def handle(self) -> None:
        words = self.rfile.readline(1000).decode("latin-1").split()
        while self.rfile.readline(1000).strip():
            pass
        host, _, port = words[1].partition(":")
        context = self.server.context(host)
        if words[0] != "CONNECT" or port != "443" or context is None:
            self.wfile.write(b"HTTP/1.1 502 no such host\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 connected\r\n\r\n")
        with context.wrap_socket(self.connection, server_side=True) as connection:
            _StubHandler(connection, self.server.stubs[host], host)


class _StubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, connection: ssl.SSLSocket, stub: Stub, host: str) -> None:
        self._stub, self._host = stub, host
        super().__init__(connection, ("127.0.0.1", 0), None)  # type: ignore[arg-type]  # it only keeps the server

    def _serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        url = f"https://{self._host}{self.path}"
        status, answer = self._stub.answer(Sent(method, url, dict(self.headers.items()), body))
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")  # as asked: else the client may come back too soon
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Write nothing: its lines quote requests."""

    do_GET = partialmethod(_serve, "GET")  # noqa: N815 - the base class looks for these names
    do_POST = partialmethod(_serve, "POST")  # noqa: N815
    do_PUT = partialmethod(_serve, "PUT")  # noqa: N815
    do_PATCH = partialmethod(_serve, "PATCH")  # noqa: N815
    do_DELETE = partialmethod(_serve, "DELETE")  # noqa: N815
