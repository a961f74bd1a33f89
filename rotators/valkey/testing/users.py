"""A user of its own on a Valkey or Redis server."""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, ClassVar

import redis

from local.servers.server import Server
from local.targets import Admin, DatabaseTarget, Document
from rotators.valkey.testing.server import client

# What a user needs that changes itself: with it, it could change any other.
OWN_RIGHTS = ("+acl|getuser", "+acl|setuser", "+acl|save")
RIGHTS = ("resetkeys", "~app:*", "-@all", "+ping", "+get", "+set", "+client|setname")


class ValkeyTarget(DatabaseTarget):
    """A user that may read and write a few keys; and, without an admin, change itself."""

    function: ClassVar[str] = "ValkeyUser"
    compares: bool  # type: ignore[misc]  # with two passwords it cannot

    def __init__(
        self,
        server: Server,
        username: str = "app",
        settings: Mapping[str, str] = MappingProxyType({}),
        *,
        admin: Admin | None = None,
        others: Sequence[Server] = (),
    ) -> None:
        super().__init__(server, username, settings, admin)
        self.servers = (server, *others)
        if others:
            named = {"nodes": [f"{each.host}:{each.port}" for each in others]}
            self.document |= named
            self.admin_elsewhere |= named
        two = settings.get("PASSWORD_OVERLAP") == "true"
        self.compares = not two
        self.overlaps |= two and settings.get("OLD_PASSWORD_ENDS") != "on-finish"
        self.title = f"{server.engine.capitalize()} {server.version}"
        self.make(self.document)

    def make(self, document: Document) -> None:
        """Make the user, as the administrator."""
        rules = RIGHTS if self.through_admin else (*RIGHTS, *OWN_RIGHTS)
        self.change(str(document["username"]), "on", hash_of(document), *rules)

    def change(self, username: str, *rules: str) -> None:
        """By these rules, in place of all passwords that it has, on every node and for good."""
        for server in self.servers:
            with self.admin(server) as admin:
                self.run(admin, "ACL", "SETUSER", username, "resetpass", *rules)
                self.run(admin, "ACL", "SAVE")

    def stranger(self) -> Document:
        """Another user; no name of a user has a space in it."""
        other = self._login(Admin(f"{self.document['username']}-other", secrets.token_urlsafe(24)))
        self.make(other)
        return other

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Log in with it, at every node."""
        return all(self.accepts_at(server, document) for server in self.servers)

    def accepts_at(self, server: Server, document: Mapping[str, object]) -> bool:
        """Log in with it at one node."""
        try:
            with self.open(document, server) as session:
                session.ping()
        except redis.AuthenticationError:
            return False
        return True

    def open(self, document: Mapping[str, object], server: Server | None = None) -> redis.Redis:
        """A connection as this version's user."""
        there = server or self.server
        return client(there, str(document["username"]), str(document["password"]))

    def admin(self, server: Server | None = None) -> redis.Redis:
        """A connection as the administrator."""
        return client(server or self.server, *self.by)

    def hashes(self, server: Server | None = None) -> list[str]:
        """Those of the user's passwords at a node, the oldest first."""
        with self.admin(server) as admin:
            told = self.run(admin, "ACL", "GETUSER", str(self.document["username"]))
        fields = dict(zip(told[::2], told[1::2], strict=True))
        return [str(each) for each in fields["passwords"]]

    @contextmanager
    def overhearing(self) -> Iterator[Callable[[], str]]:
        """Its log at its most talkative, every command that MONITOR shows, and the slow log."""
        with super().overhearing() as heard, self.admin() as admin, self.admin() as watching:
            self.run(admin, "CONFIG", "SET", "loglevel", "debug")
            self.run(admin, "SLOWLOG", "RESET")
            with watching.monitor() as monitor:

                def all_heard() -> str:
                    told = [heard()]
                    while monitor.connection.can_read(timeout=0.2):
                        told.append(str(monitor.next_command()))
                    told += [str(self.run(admin, *words)) for words in _MEMORIES]
                    return "\n".join(told)

                try:
                    yield all_heard
                finally:
                    self.run(admin, "CONFIG", "SET", "loglevel", "notice")

    @staticmethod
    def run(connection: redis.Redis, *words: str) -> Any:  # noqa: ANN401 - as the server answers
        """A command as it is written, and its answer as it comes."""
        connection.response_callbacks.clear()
        return connection.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py's


_MEMORIES = (("SLOWLOG", "GET", "1000"), ("ACL", "LOG"), ("CLIENT", "LIST"))


def hash_of(document: Mapping[str, object]) -> str:
    """The rule that gives a user this version's password."""
    return f"#{hashlib.sha256(str(document['password']).encode()).hexdigest()}"
