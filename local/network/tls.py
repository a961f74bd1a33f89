"""A threaded TLS server of loopback: bounded, and closed whatever its clients are doing."""

import socket
import socketserver
import ssl
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from local.servers.certificates import Certificate

HOST = "127.0.0.1"
SILENCE_SECONDS = 30.0
POLL_SECONDS = 0.02
CONNECTIONS = 100
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Cut(Exception):
    """The connection is reset, with no answer."""


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """A server's side of TLS 1.2 or newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.cert, certificate.key)
    return context


class TlsServer(socketserver.ThreadingTCPServer):
    """At most 100 connections at once, each ended when it is silent for 30 seconds."""

    daemon_threads = False  # so that server_close() waits for them
    request_queue_size = CONNECTIONS

    def __init__(self, certificate: Certificate) -> None:
        self.closing = threading.Event()
        self._context = server_context(certificate)
        self._lock = threading.Lock()
        self._open: set[ssl.SSLSocket] = set()
        super().__init__((HOST, 0), socketserver.BaseRequestHandler)

    def serve(self, connection: ssl.SSLSocket) -> None:
        """Serve one connection to its end, in its own thread; may raise Cut to reset it."""
        raise NotImplementedError

    def note(self, line: str) -> None:
        """Told what became of connections that ended early."""

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
            self.closing.set()
            self.cut_off()
            self.server_close()

    def verify_request(self, request: object, client_address: object) -> bool:  # noqa: ARG002 - the base's
        """Refuse one connection too many."""
        with self._lock:
            return len(self._open) < CONNECTIONS

    def finish_request(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base's
        """Shake hands and serve; runs in the connection's thread, so a slow client delays none."""
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
                self.serve(connection)
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

    def cut_off(self) -> None:
        """End what is connected: kept alive, or hanging."""
        with self._lock:
            for connection in self._open:
                # Not SSLSocket's own: that takes TLS away from a thread that is reading.
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
