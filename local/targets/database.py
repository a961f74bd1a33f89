"""A user of a database server, whatever the engine: its secret, and its admin's."""

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from local.servers.server import Server
from local.targets.contract import Document, create

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Admin(NamedTuple):
    """Who makes the user, and changes it where the function has an admin do so."""

    username: str
    password: str


class DatabaseTarget:
    """A database user's secret; `through_admin`: it names the secret of an admin."""

    function: ClassVar[str]
    installs: ClassVar[bool] = True
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

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the secret, and the admin's where it names one."""
        document = dict(self.document)
        if self.through_admin:
            document["masterarn"] = create(client, f"{name}-admin", self._login(self.by))
        return create(client, name, document)

    def _login(self, who: Admin) -> Document:
        return {
            "engine": self.server.engine,
            "host": self.server.host,
            "port": self.server.port,
            "username": who.username,
            "password": who.password,
        }
