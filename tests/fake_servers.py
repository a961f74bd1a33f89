"""Servers that behave badly, on loopback; each keeps every byte that it is sent."""

import contextlib
import socket
import ssl
import struct
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from local.servers.certificates import LOOPBACK, Authority

Script = Callable[[socket.socket, "FakeServer"], None]


@dataclass
class FakeServer:
    """Where it listens, and what it was sent: in clear, and inside TLS."""

    port: int
    received: bytearray = field(default_factory=bytearray)
    connections: int = 0
    open: list[socket.socket] = field(default_factory=list)

    def secured(self, connection: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        """The same connection inside TLS."""
        inside = context.wrap_socket(connection, server_side=True)
        self.open.append(inside)  # it has taken the other one's place
        return inside

    def read(self, connection: socket.socket) -> bytes:
        data = connection.recv(65536)
        self.received += data
        return data

    def read_on(self, connection: socket.socket) -> None:
        while self.read(connection):
            pass


@contextmanager
def fake_server(script: Script) -> Iterator[FakeServer]:
    """Runs the script for each connection, in a thread that ends with the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = FakeServer(listener.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed: the block has ended
                return
            server.open.append(connection)
            server.connections += 1
            with contextlib.suppress(OSError):
                script(connection, server)
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in server.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        thread.join(10)


def silent(connection: socket.socket, server: FakeServer) -> None:
    """Accepts, reads and never answers."""
    server.read_on(connection)


def postgres_without_tls(connection: socket.socket, server: FakeServer) -> None:
    """Answers N to the SSLRequest (PostgreSQL protocol, 54.2.10), and hopes for more."""
    server.read(connection)
    connection.sendall(b"N")
    server.read_on(connection)


def postgres_failing(context: ssl.SSLContext, text: str) -> Script:
    """Offers TLS, takes an md5 answer, and ends with this FATAL error, as a pooler may."""

    def script(connection: socket.socket, server: FakeServer) -> None:
        server.read(connection)
        connection.sendall(b"S")
        with server.secured(connection, context) as inside:
            server.read(inside)
            inside.sendall(b"R" + struct.pack("!ii", 12, 5) + b"salt")  # AuthenticationMD5Password
            server.read(inside)
            body = b"SFATAL\0CXX000\0M" + text.encode() + b"\0\0"
            inside.sendall(b"E" + struct.pack("!i", len(body) + 4) + body)

    return script


def not_mysql(connection: socket.socket, _server: FakeServer) -> None:
    """Speaks HTTP."""
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


def half_a_greeting(connection: socket.socket, _server: FakeServer) -> None:
    """Sends a whole packet with half a greeting in it."""
    connection.sendall(_packet(0, _greeting(_PLAIN)[:12]))


def dripping(connection: socket.socket, _server: FakeServer) -> None:
    """Announces a long answer, and sends it a byte at a time until the client goes."""
    connection.sendall(b"\xff\xff\x00\x00\x0a")
    while True:
        connection.sendall(b"8")
        threading.Event().wait(0.2)


# Capabilities: https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html
_SSL = 0x0800
_PLAIN = 0x0001 | 0x0008 | 0x0200 | 0x8000 | 0x00080000 | 0x00200000


def _greeting(capabilities: int) -> bytes:
    return b"".join(
        (
            b"\x0a8.0.0\0",
            struct.pack("<I", 1),
            b"saltsalt\0",
            struct.pack("<H", capabilities & 0xFFFF),
            b"\x2d\x02\0",
            struct.pack("<H", capabilities >> 16),
            b"\x15" + bytes(10),
            b"saltsaltsalt\0",
            b"mysql_native_password\0",
        )
    )


def _packet(number: int, body: bytes) -> bytes:
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


def mysql_without_tls(connection: socket.socket, server: FakeServer) -> None:
    """Greets without the SSL capability, and hopes for a login."""
    connection.sendall(_packet(0, _greeting(_PLAIN)))
    server.read_on(connection)


# --- inside TLS ---


def server_context(
    authority: Authority, hosts: tuple[str, ...] = LOOPBACK, *, lasts: timedelta | None = None
) -> ssl.SSLContext:
    """A server's, with a certificate for these hosts."""
    name = f"fake-{uuid.uuid4().hex[:8]}"
    certificate = authority.issue(name, hosts, lasts=lasts or timedelta(days=1))
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate.cert, certificate.key)
    return made


def _postgres_opening(connection: socket.socket, server: FakeServer) -> None:
    """Up to where TLS begins: S to the SSLRequest."""
    server.read(connection)
    connection.sendall(b"S")


def mysql_opening(connection: socket.socket, server: FakeServer) -> None:
    """Up to where TLS begins: a greeting with the SSL capability, and the SSLRequest packet."""
    connection.sendall(_packet(0, _greeting(_PLAIN | _SSL)))
    server.received += connection.recv(36)  # and no byte of TLS


_OPENINGS: dict[str, Script] = {"postgres": _postgres_opening, "mysql": mysql_opening}
# After the startup message or the login, with a scrambled password: what asks for more.
_IN_CLEAR = {
    "postgres": b"R" + struct.pack("!ii", 8, 3),  # AuthenticationCleartextPassword
    "mysql": _packet(3, b"\xfemysql_clear_password\0"),  # AuthSwitchRequest
}
_IN_SECRET = {
    "postgres": b"R" + struct.pack("!ii", 23, 10) + b"SCRAM-SHA-256\0\0",  # AuthenticationSASL
    "mysql": _packet(3, b"\x01\x04")[:3],  # half of AuthMoreData
}


def _answering_once(engine: str, context: ssl.SSLContext, answer: bytes) -> Script:
    def script(connection: socket.socket, server: FakeServer) -> None:
        _OPENINGS[engine](connection, server)
        with server.secured(connection, context) as inside:
            server.read(inside)
            inside.sendall(answer)
            server.read_on(inside)

    return script


def asking_in_clear(engine: str, context: ssl.SSLContext) -> Script:
    """Offers TLS, and inside it asks for the password as it is."""
    return _answering_once(engine, context, _IN_CLEAR[engine])


def half_a_login(engine: str, context: ssl.SSLContext) -> Script:
    """Offers TLS, begins an authentication inside it, and says no more."""
    return _answering_once(engine, context, _IN_SECRET[engine])


def half_a_handshake(engine: str, context: ssl.SSLContext) -> Script:
    """Offers TLS, and sends the first half of its first answer."""

    def script(connection: socket.socket, server: FakeServer) -> None:
        _OPENINGS[engine](connection, server)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        while not outgoing.pending and (hello := server.read(connection)):
            incoming.write(hello)
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
        answer = outgoing.read()
        connection.sendall(answer[: len(answer) // 2])
        server.read_on(connection)

    return script


@contextmanager
def swallowing() -> Iterator[int]:
    """A port whose queue is full, so that the kernel drops every further SYN."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)  # one may wait; it is never accepted
        stack.enter_context(socket.create_connection(listener.getsockname()))
        yield listener.getsockname()[1]
