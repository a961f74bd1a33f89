"""Lets containers on a Linux bridge reach what listens on this machine's loopback, and nobody else.

Bound to the bridge's own address: other machines do not reach it. Docker Desktop needs none of
this, as its host.docker.internal is the host's loopback.
"""

import errno
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer

LOOPBACK = "127.0.0.1"
CHUNK = 1 << 16
POLL_SECONDS = 0.02


@contextmanager
def relay(address: str, ports: Iterable[int]) -> Iterator[None]:
    """Hand connections to `address` on to the same port of loopback while the block runs.

    Raises OSError if a port is taken there, or the address is not this machine's (see `is_ours`).
    """
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(_Relay(address, port).running())
        yield


def is_ours(address: str) -> bool:
    """Whether this machine has the address, so that something here can listen to it."""
    with socket.socket() as trial:
        try:
            trial.bind((address, 0))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return False
    return True


class _Relay(ThreadingTCPServer):
    daemon_threads = False  # so that server_close() waits for them
    allow_reuse_address = True
    request_queue_size = 100

    def __init__(self, address: str, port: int) -> None:
        self._lock = threading.Lock()
        self._closing = False
        self._open: set[socket.socket] = set()
        super().__init__((address, port), BaseRequestHandler)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve while the block runs; then cut off what is still connected."""
        thread = threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()
            with self._lock:
                self._closing = True
                for each in self._open:
                    _end(each, socket.SHUT_RDWR)
            self.server_close()

    def finish_request(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base's
        """Hand one connection on, both ways, until both sides have ended; in its own thread."""
        if not isinstance(request, socket.socket):
            raise TypeError("a TCP server's request is a socket")
        with suppress(OSError), socket.create_connection((LOOPBACK, self.port)) as inner:
            with self._lock:
                if self._closing:
                    return
                self._open |= {request, inner}
            back = threading.Thread(target=_pump, args=(inner, request))
            back.start()
            _pump(request, inner)
            back.join()
            with self._lock:
                self._open -= {request, inner}

    @property
    def port(self) -> int:
        """The port, here and there."""
        return int(self.server_address[1])


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """One way: an end is handed on as an end, and a broken side ends the other."""
    try:
        while chunk := source.recv(CHUNK):
            sink.sendall(chunk)
        _end(sink, socket.SHUT_WR)
    except OSError:
        _end(source, socket.SHUT_RDWR)
        _end(sink, socket.SHUT_RDWR)


def _end(connection: socket.socket, how: int) -> None:
    with suppress(OSError):
        connection.shutdown(how)
