"""Servers that behave badly, on loopback; each keeps every byte that it is sent."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Script = Callable[[socket.socket, "FakeServer"], None]


@dataclass
class FakeServer:
    """Where it listens, and what it was sent: in clear, and inside TLS."""

    port: int
    received: bytearray = field(default_factory=bytearray)
    connections: int = 0

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
    open_ones: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed: the block has ended
                return
            open_ones.append(connection)
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
        for connection in open_ones:
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


def postgres_asking_in_clear(context: ssl.SSLContext) -> Script:
    """Offers TLS, and inside it asks for the password as it is."""

    def script(connection: socket.socket, server: FakeServer) -> None:
        server.read(connection)
        connection.sendall(b"S")
        with context.wrap_socket(connection, server_side=True) as inside:
            server.read(inside)  # the startup message
            inside.sendall(b"R" + struct.pack("!ii", 8, 3))  # AuthenticationCleartextPassword
            server.read_on(inside)

    return script


def postgres_failing(context: ssl.SSLContext, text: str) -> Script:
    """Offers TLS, takes an md5 answer, and ends with this FATAL error, as a pooler may."""

    def script(connection: socket.socket, server: FakeServer) -> None:
        server.read(connection)
        connection.sendall(b"S")
        with context.wrap_socket(connection, server_side=True) as inside:
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


def mysql_asking_in_clear(context: ssl.SSLContext) -> Script:
    """Offers TLS, and inside it switches to mysql_clear_password."""

    def script(connection: socket.socket, server: FakeServer) -> None:
        connection.sendall(_packet(0, _greeting(_PLAIN | _SSL)))
        server.received += connection.recv(36)  # the SSLRequest packet, and no byte of TLS
        with context.wrap_socket(connection, server_side=True) as inside:
            server.read(inside)  # the login, with a scrambled password
            inside.sendall(_packet(3, b"\xfemysql_clear_password\0"))
            server.read_on(inside)

    return script
