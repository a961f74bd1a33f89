"""One connection to one node: a command and its reply, over verified TLS, in bounded time.

hiredis reads and writes the protocol. A whole client package would take a fifth of a second of
every cold start, and try again and reconnect by itself: see the decision in docs/adr.
"""

import re
import socket
import ssl
import time
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

import hiredis

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0  # ACL SAVE waits for the disk
LISTEN_SECONDS = 1.0
MAX_ANSWER_BYTES = 16 << 20  # the list of 20 000 clients, generously
_CHUNK = 1 << 16
PROTOCOL = "2"  # RESP2, which every version with users has
APPLICATION = "secret-rotation"  # what CLIENT LIST calls a rotation's session

Reply: TypeAlias = "str | int | float | list[Reply] | None"

# Without a code of their own, errors begin with ERR; what of their text tells them apart, in every
# version of Redis and Valkey that has users.
NO_SUCH_PASSWORD = "the password you are trying to remove"  # noqa: S105 - a sentence of the server
NO_ACL_FILE = "not configured to use an acl file"
NO_CONFIG_FILE = "running without a config file"
NOT_SAVED = "error trying to save"
NOT_REWRITTEN = "rewriting config file"
NO_SUCH_COMMAND = "unknown command"
NO_SUCH_SUBCOMMAND = "unknown subcommand"
TOO_MANY_CLIENTS = "max number of clients"
_TOLD = (
    NO_SUCH_PASSWORD, NO_ACL_FILE, NO_CONFIG_FILE, NOT_SAVED, NOT_REWRITTEN, NO_SUCH_COMMAND,
    NO_SUCH_SUBCOMMAND, TOO_MANY_CLIENTS,
)  # fmt: skip
_CODE = re.compile(r"[A-Z]{1,32}(?= |$)")


class ServerError(Exception):
    """The server's refusal: its code, such as NOPERM, and which of `_TOLD` it says.

    Its text is not kept: it may quote the command, with what is in it.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        found = _CODE.match(text)
        self.code = found[0] if found else ""
        self.says = next((each for each in _TOLD if each in text.lower()), "")


class NotAnAnswer(Exception):
    """What came is not of the protocol, or has no end."""


class Place(NamedTuple):
    """Where a node is; `name`: what its certificate must have."""

    host: str
    port: int
    name: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Connection:
    """To one node. Raises OSError and its kinds, ServerError, and NotAnAnswer.

    It is of no more use after any but a ServerError: the next reply might be to the command before.
    """

    def __init__(self, place: Place, tls: ssl.SSLContext) -> None:
        plain = socket.create_connection((place.host, place.port), timeout=CONNECT_SECONDS)
        try:
            self._socket = tls.wrap_socket(plain, server_hostname=place.name)
        except BaseException:
            plain.close()
            raise
        self._reader = hiredis.Reader(encoding="utf-8", errors="replace")

    def ask(self, *words: str) -> Reply:
        """Send a command and wait for its reply; raises ServerError where it is an error."""
        try:
            reply = self._exchange(hiredis.pack_command(words))  # type: ignore[arg-type]  # any length
        except BaseException:
            self.close()
            raise
        return _checked(reply)

    def listen(self) -> None:
        """Raise what a server says that lets nobody in, and so before it is asked anything.

        To who asks first it resets the connection, and what it had said is lost on the way.
        """
        with suppress(TimeoutError):
            _checked(self._exchange(b"", LISTEN_SECONDS))

    def _exchange(self, packed: bytes, within: float | None = None) -> Any:  # noqa: ANN401 - hiredis'
        within = within or ANSWER_SECONDS
        until = time.monotonic() + within
        self._socket.settimeout(within)
        self._socket.sendall(packed)
        try:
            reply = self._reader.gets()
            while reply is False:  # which RESP2 has no reply for
                self._reader.feed(self._receive(until))
                reply = self._reader.gets()
        except (hiredis.ProtocolError, TypeError, MemoryError):  # it makes maps, and room for lists
            raise NotAnAnswer from None
        return reply

    def _receive(self, until: float) -> bytes:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self._reader.len() > MAX_ANSWER_BYTES:
            raise NotAnAnswer
        self._socket.settimeout(left)
        got = self._socket.recv(_CHUNK)
        if not got:
            raise ConnectionResetError
        return got

    def close(self) -> None:
        """End it, whatever state it is in."""
        self._socket.close()


def _checked(reply: Any) -> Reply:  # noqa: ANN401 - hiredis'
    if isinstance(reply, hiredis.ReplyError):
        raise ServerError(str(reply))
    answer: Reply = reply
    return answer
