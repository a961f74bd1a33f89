"""A relay in front of MySQL or MariaDB that greets as another server, as poolers do."""

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from local.servers import Server

_HEADER = 4  # bytes: the length in three, and a number
_VERSION = 1  # where it stands in the greeting, up to a zero byte


class _Relay(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, behind: int, version: str, thread_id: int | None, source: str) -> None:
        self.behind = behind
        self.version = version
        self.thread_id = thread_id
        self.source = source
        super().__init__(("127.0.0.1", 0), _Conversation)

    def rewritten(self, greeting: bytes) -> bytes:
        _, after = greeting[_VERSION:].split(b"\0", 1)
        if self.thread_id is not None:
            after = struct.pack("<I", self.thread_id) + after[4:]
        return greeting[:_VERSION] + self.version.encode() + b"\0" + after


class _Conversation(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Relay)
        behind = ("127.0.0.1", self.server.behind)
        source = (self.server.source, 0)
        with socket.create_connection(behind, source_address=source) as inner:
            stream = inner.makefile("rb", buffering=0)
            header = stream.read(_HEADER) or b""
            if len(header) < _HEADER:  # the server is on its way down
                return
            length = int.from_bytes(header[:3], "little")
            greeting = b""
            while len(greeting) < length:
                greeting += stream.read(length - len(greeting)) or b""
            if greeting[0] != 0xFF:  # an error in its place is handed on as it is
                greeting = self.server.rewritten(greeting)
            self.request.sendall(len(greeting).to_bytes(3, "little") + header[3:] + greeting)
            back = threading.Thread(target=_pump, args=(inner, self.request), daemon=True)
            back.start()
            _pump(self.request, inner)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):  # an end of either side is the end of both
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def greeting_as(
    server: Server, version: str, *, thread_id: int | None = None, source: str = "127.0.0.1"
) -> Iterator[Server]:
    """The same server behind the relay.

    thread_id: what it says the session's id is; source: the address that it comes from.
    """
    with _Relay(server.port, version, thread_id, source) as relay:
        threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.05}).start()
        try:
            yield replace(server, port=relay.server_address[1])
        finally:
            relay.shutdown()
