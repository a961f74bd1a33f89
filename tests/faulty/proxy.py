"""A TCP proxy on 127.0.0.1 that does to one connection what a bad network would.

It reads nothing: TLS goes through it untouched, and who verifies certificates does so as before.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from tests.faulty.conversation import Conversation
from tests.faulty.faults import Fault, Way

HOST = "127.0.0.1"
CONNECT_SECONDS = 5.0
BACKLOG = 100


class Proxy:
    """Hands connections on to `server_port` of this machine; see `begin`."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._conversations: list[Conversation] = []
        self._listener = socket.create_server((HOST, 0), backlog=BACKLOG)
        self._thread = threading.Thread(target=self._accept, name="faulty proxy")
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def begin(self, fault: Fault | None = None) -> None:
        """Cut what is still connected; what comes now is counted from 0 and gets this fault."""
        with self._lock:
            self._fault = fault
            ended, self._conversations = self._conversations, []
        for each in ended:
            each.cut()

    @property
    def struck(self) -> bool:
        """Whether the conversations since `begin` came to the fault's place."""
        return any(each.struck for each in self._conversations)

    @property
    def seen(self) -> list[Mapping[Way, list[int]]]:
        """Of each connection since `begin`, the lengths of its records, both ways."""
        return [each.lengths for each in self._conversations]

    def close(self) -> None:
        """Stop listening, and cut what is connected."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self.begin()

    def _accept(self) -> None:
        with suppress(OSError):  # the end
            while True:
                self._hand_on(self._listener.accept()[0])

    def _hand_on(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection((HOST, self._server_port), CONNECT_SECONDS)
        except OSError:
            client.close()
            return
        with self._lock:
            fault, number = self._fault, len(self._conversations)
            its_fault = fault if fault and fault.place.connection == number else None
            conversation = Conversation(client, server, its_fault)
            self._conversations.append(conversation)  # first: it may be struck at once
            conversation.start()


@contextmanager
def faulty_proxy(server_port: int) -> Iterator[Proxy]:
    """One that runs while the block does."""
    proxy = Proxy(server_port)
    try:
        yield proxy
    finally:
        proxy.close()
