"""A threaded HTTPS server of loopback that shakes hands in each connection's own thread."""

import socket
import socketserver
import ssl
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from local.issuers.faults import Cut
from local.issuers.tls_front import HOST

SILENCE_SECONDS = 30.0
POLL_SECONDS = 0.02
CONNECTIONS = 100
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class TlsServer(ThreadingHTTPServer):
    """At most 100 connections at once, each ended when it is silent for 30 seconds.

    A handler may raise Cut to reset its connection, and waits on `closing` if it must wait.
    """

    daemon_threads = False  # so that server_close() waits for them
    request_queue_size = CONNECTIONS

    def __init__(
        self, context: ssl.SSLContext, handler: type[BaseHTTPRequestHandler], log: Path
    ) -> None:
        self.closing = threading.Event()
        self._context = context
        self._lock = threading.Lock()
        self._open: set[ssl.SSLSocket] = set()
        self._handler = handler
        super().__init__((HOST, 0), handler)
        self._log = log.open("a", buffering=1)

    @contextmanager
    def running(self) -> Iterator[int]:
        """Serve while the block runs, at the port of 127.0.0.1 that is yielded."""
        port = int(self.server_address[1])
        thread = threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield port
        finally:
            self.shutdown()
            thread.join()
            self._cut_off()
            self.server_close()
            self._log.close()

    def note(self, line: str) -> None:
        """Write a line to the log."""
        with self._lock:
            print(line, file=self._log)

    def server_bind(self) -> None:
        """Bind; HTTPServer's own would ask DNS for the host's name."""
        socketserver.TCPServer.server_bind(self)

    def verify_request(self, request: object, client_address: object) -> bool:  # noqa: ARG002 - the base's
        """Refuse one connection too many."""
        with self._lock:
            return len(self._open) < CONNECTIONS

    def finish_request(self, request: object, client_address: object) -> None:
        """Serve one connection; runs in its thread, so a slow handshake delays nobody else."""
        if not isinstance(request, socket.socket):
            raise TypeError("a TCP server's request is a socket")
        request.settimeout(SILENCE_SECONDS)
        with self._context.wrap_socket(
            request, server_side=True, do_handshake_on_connect=False
        ) as connection:
            with self._lock:
                if self.closing.is_set():
                    return
                self._open.add(connection)
            try:
                connection.do_handshake()
                self._handler(connection, client_address, self)
            except Cut:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            finally:
                with self._lock:
                    self._open.discard(connection)

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Note it: a client that leaves or distrusts us is no failure, and none of stderr's."""
        error = sys.exception()
        if isinstance(error, OSError):  # ssl.SSLError is one
            self.note(f"a connection ended early: {type(error).__name__}")
        else:
            super().handle_error(request, client_address)

    def _cut_off(self) -> None:
        """End what is still connected: kept alive, or hanging."""
        self.closing.set()
        with self._lock:
            for connection in self._open:
                # Not SSLSocket's own: that takes TLS away from a thread that is reading.
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
