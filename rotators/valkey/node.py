"""One node that a user is logged in to; its errors are RotationErrors, and no others."""

import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Self

from rotators.valkey.connection import (
    APPLICATION,
    PROTOCOL,
    Connection,
    Place,
    Reply,
    ServerError,
)
from rotators.valkey.errors import NO_VALKEY, SENTINEL, translate_valkey_errors
from shared.credentials import Login
from shared.errors import ErrorRow
from shared.secret import Secret


class Node:
    """A connection and whose it is."""

    def __init__(self, connection: Connection, place: Place, username: str) -> None:
        self._connection = connection
        self.place = place
        self.username = username

    @property
    def where(self) -> str:
        """Who and where, for messages."""
        return f"user {self.username!r} at {self.place}"

    @classmethod
    @contextmanager
    def logged_in(
        cls, place: Place, login: Login, password: Secret, tls: ssl.SSLContext
    ) -> Iterator[Self]:
        """Log in to the node by one command, which servers keep out of their logs.

        Raises Rejected or Unreachable, and never confuses them; Misconfigured for a Sentinel.
        """
        where = f"user {login.username!r} at {place}"
        with translate_valkey_errors(where, login.username):
            connection = Connection(place, tls)
        with closing(connection):
            with translate_valkey_errors(where, login.username):
                try:
                    facts = connection.ask(
                        *("HELLO", PROTOCOL, "AUTH", login.username, password.reveal()),
                        *("SETNAME", APPLICATION),
                    )
                except ConnectionError:
                    with closing(Connection(place, tls)) as another:
                        another.listen()
                    raise
            told = pairs(facts)
            if told.get("mode") == "sentinel":
                raise SENTINEL.error(f"valkey {where}")
            if "version" not in told:
                raise NO_VALKEY.error(f"valkey {where}")
            yield cls(connection, place, login.username)

    def run(self, *words: str, missing: ErrorRow | None = None) -> Reply:
        """Run a command; `missing`: what it means that the user may not.

        Raises RotationError.
        """
        with translate_valkey_errors(self.where, self.username, missing=missing):
            return self._connection.ask(*words)

    def run_expecting(
        self, *words: str, errors: frozenset[str], missing: ErrorRow | None = None
    ) -> Reply:
        """Run one that may be refused with one of these codes or words.

        Gives the ServerError's code or words, by `Refused`; else the reply.
        """
        with translate_valkey_errors(self.where, self.username, missing=missing):
            try:
                return self._connection.ask(*words)
            except ServerError as error:
                found = errors & {error.code, error.says}
                if not found:
                    raise
                return Refused(min(found))


class Refused(str):
    """What a command was refused with: the server's code, or words of `connection`."""

    __slots__ = ()


def pairs(reply: Reply) -> dict[str, Reply]:
    """The fields of a reply that RESP2 has as a list of names and values."""
    if not isinstance(reply, list):
        return {}
    return {str(name): value for name, value in zip(reply[::2], reply[1::2], strict=False)}
