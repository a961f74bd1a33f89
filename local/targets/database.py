"""What every target says of itself, and the secrets that are made for it.

`accepts` asks the target itself, with a client of its own and not with the rotator's code.
"""

import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from local.servers.server import Server

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Document = dict[str, object]


class Target(Protocol):
    """One credential on one target."""

    @property
    def function(self) -> str:
        """The logical id of what rotates it."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """What the function's environment has for this one."""
        ...

    @property
    def title(self) -> str:
        """The target's name and version, for a person."""
        ...

    @property
    def overlaps(self) -> bool:
        """Whether AWSPREVIOUS still gets in after a rotation."""
        ...

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the secret for the credential as it is now; its ARN."""
        ...

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Whether the target lets this version of the secret in at this moment."""
        ...


class Admin(NamedTuple):
    """Who makes the user, and changes it where the function has an admin do so."""

    username: str
    password: str


class DatabaseTarget:
    """A database user's secret; `through_admin`: it names the secret of an admin."""

    function: ClassVar[str]
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


def create(client: "SecretsManagerClient", name: str, document: Document) -> str:
    """A secret of this value; its ARN."""
    return client.create_secret(Name=name, SecretString=json.dumps(document))["ARN"]
