"""A user of a database server, whatever the engine: its secret, and its admin's."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from local.servers.server import Server
from local.targets.contract import Document, beyond, create

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


ALIAS = "localhost"  # what HOST is also called


class Admin(NamedTuple):
    """Who makes the user, and changes it where the function has an admin do so."""

    username: str
    password: str


class DatabaseTarget:
    """A database user's secret; `through_admin`: it names the secret of an admin."""

    function: ClassVar[str]
    installs: ClassVar[bool] = True
    # Whether the server refuses a change by who logged in with what is not the password any more.
    compares: ClassVar[bool] = False
    takes_turns: ClassVar[bool] = False  # with a clone

    def __init__(
        self, server: Server, username: str, settings: Mapping[str, str], admin: Admin | None
    ) -> None:
        self.server = server
        self.settings = settings
        self.overlaps = self.takes_turns
        self.through_admin = self.takes_turns or settings.get("ADMIN_SETS_PASSWORD") == "true"
        self.by = admin or Admin(server.admin, server.password)
        self.document = self._login(Admin(username, secrets.token_urlsafe(24)))
        self.admin_elsewhere: Document = {}  # where the admin's secret says it is, if so

    def make(self, document: Document) -> None:
        """Make the user of this document."""
        raise NotImplementedError

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Log in with it."""
        raise NotImplementedError

    def stranger(self) -> Document:
        """Another user beside this one."""
        other = self._login(Admin(f"{self.document['username']} other", secrets.token_urlsafe(24)))
        self.make(other)
        return other

    def overhearing(self) -> AbstractContextManager[Callable[[], str]]:
        """What the server's log has from now on; an engine makes it talkative first."""
        return beyond(self.server.log)

    def name_pooler(self, pooler: Server) -> None:
        """Let the secrets name a pooler; `accepts` goes on to ask the server itself."""
        where = {"host": pooler.host, "port": pooler.port}
        self.document |= where
        self.admin_elsewhere |= where

    def name_reader(self, reader: Server) -> None:
        """Let the secret name a replica, and the admin's the server by its other name.

        The function takes them for one database where RDS says so.
        """
        self.document |= {"host": reader.host, "port": reader.port}
        self.admin_elsewhere |= {"host": ALIAS}

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the secret, and the admin's where it names one."""
        document = dict(self.document)
        if self.through_admin:
            admin = {**self._login(self.by), **self.admin_elsewhere}
            document["masterarn"] = create(client, f"{name}-admin", admin)
        return create(client, name, document)

    def _login(self, who: Admin) -> Document:
        return {
            "engine": self.server.engine,
            "host": self.server.host,
            "port": self.server.port,
            "username": who.username,
            "password": who.password,
        }
