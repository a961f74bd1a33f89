"""An AWS endpoint on 127.0.0.1 that hands requests on to the local one, or does not.

What can go wrong with a call to AWS: it is throttled, fails inside, is refused, is cut before or
after it was done, is answered in part, or never.
"""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

SECONDS = 30.0


class Trouble(Enum):
    """What happens to a call; see `Front`."""

    THROTTLED = "throttled"
    FAILURE = "a failure inside"
    UNAVAILABLE = "unavailable"
    DENIED = "access denied"
    CUT = "cut before it is done"
    LOST = "answer lost"
    PART = "part of an answer"
    SILENCE = "no answer"


_REFUSALS = {
    Trouble.THROTTLED: (400, b'{"__type": "ThrottlingException", "Message": "trouble"}'),
    Trouble.FAILURE: (500, b'{"__type": "InternalServiceError", "Message": "trouble"}'),
    Trouble.DENIED: (400, b'{"__type": "AccessDeniedException", "Message": "trouble"}'),
    Trouble.UNAVAILABLE: (503, b"<html>not now</html>"),
}
_DONE = (Trouble.LOST, Trouble.PART)


@dataclass
class Due:
    """Trouble for the calls of an operation, from its `first`-th on, so `often`."""

    operation: str
    first: int
    trouble: Trouble
    often: int


class Front(ThreadingHTTPServer):
    """Counts operations since `begin`; to those that are due, their trouble happens.

    throttle_every: whatever is due, each so manieth call is throttled; 0 for none.
    """

    daemon_threads = True
    request_queue_size = 100
    throttle_every = 0

    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(endpoint)
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self.begin()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"

    def begin(self, due: Due | None = None) -> None:
        """Count anew."""
        with self._lock:
            self._due, self.seen, self.troubled = due, list[str](), 0

    def count(self, operation: str) -> Trouble | None:
        """The trouble that this call gets."""
        with self._lock:
            number = self.seen.count(operation)
            self.seen.append(operation)
            due = self._due
            if self.throttle_every and len(self.seen) % self.throttle_every == 0:
                self.troubled += 1
                return Trouble.THROTTLED
            if due is None or due.operation != operation:
                return None
            if not due.first <= number < due.first + due.often:
                return None
            self.troubled += 1
            return due.trouble

    def handle_error(self, _request: object, _address: object) -> None:
        """A client that went away is what a cut looks like."""


class _Handler(BaseHTTPRequestHandler):
    server: Front
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Hand it on, or not."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = str(self.headers["X-Amz-Target"]).rpartition(".")[2]
        trouble = self.server.count(operation)
        if trouble is None or trouble in _DONE:
            status, answer = self._hand_on(body)
            if trouble is None:
                self._answer(status, answer)
                return
            if trouble is Trouble.PART:
                self._answer(status, answer[: len(answer) // 2], length=len(answer))
        elif trouble in _REFUSALS:
            self._answer(*_REFUSALS[trouble])
            return
        elif trouble is Trouble.SILENCE:
            self.server.closing.wait(SECONDS)
        self._cut()

    def _hand_on(self, body: bytes) -> tuple[int, bytes]:
        behind = self.server.behind
        connection = http.client.HTTPConnection(f"{behind.hostname}:{behind.port}", timeout=SECONDS)
        with closing(connection):
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()

    def _answer(self, status: int, body: bytes, *, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Nothing: requests hold values."""


@contextmanager
def front(endpoint: str) -> Iterator[Front]:
    """One that runs while the block does."""
    server = Front(endpoint)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="faulty front")
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
