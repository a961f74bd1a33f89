"""TLS in front of a plain port of loopback, as a load balancer has it: bytes pass unread."""

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from local.network.tls import HOST, SILENCE_SECONDS, TlsServer
from local.servers.certificates import Certificate

CONNECT_SECONDS = 5.0
BLOCK = 1 << 16


@contextmanager
def tls_front(certificate: Certificate, plain_port: int) -> Iterator[int]:
    """Forward a port of 127.0.0.1, which is yielded, to `plain_port` while the block runs."""
    with _Front(certificate, plain_port).running() as port:
        yield port


class _Front(TlsServer):
    def __init__(self, certificate: Certificate, plain_port: int) -> None:
        self._plain_port = plain_port
        super().__init__(certificate)

    def serve(self, connection: ssl.SSLSocket) -> None:
        """Pass on what either side says, until one of them ends or both are silent."""
        with socket.create_connection((HOST, self._plain_port), CONNECT_SECONDS) as plain:
            plain.settimeout(SILENCE_SECONDS)
            while _pass_on(connection, plain):
                pass


def _pass_on(outer: ssl.SSLSocket, inner: socket.socket) -> bool:
    """Pass on one block each way, of what there is; False when a side has ended."""
    ready: list[socket.socket] = [outer]
    if not outer.pending():  # what TLS has already read, select does not see
        ready, _, _ = select.select([outer, inner], [], [], SILENCE_SECONDS)
    if inner in ready:
        block = inner.recv(BLOCK)
        if not block:
            return False
        outer.sendall(block)
    if outer in ready:
        said = _said(outer)
        if said == b"":
            return False
        inner.sendall(said or b"")
    return bool(ready)


def _said(outer: ssl.SSLSocket) -> bytes | None:
    """What the client says now, or None if that is half a record or none of the application's."""
    outer.settimeout(0)
    try:
        return outer.recv(BLOCK)
    except ssl.SSLWantReadError:
        return None
    finally:
        outer.settimeout(SILENCE_SECONDS)
