"""A RabbitMQ user's password, rotated by the issuer's description."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar

from local.servers.rabbitmq.api import get, permit, set_user, user
from local.servers.rabbitmq.broker import Broker, logs_in
from local.targets import Document, beyond, create

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class RabbitMqTarget:
    """An application's user, whose password an administrator sets in place.

    tags: what it may do beside sending and receiving; most applications' users have none.
    """

    function: ClassVar[str] = "HttpApiKey"
    installs: ClassVar[bool] = True
    overlaps: ClassVar[bool] = False

    def __init__(self, server: Broker, tags: str | Sequence[str] = "") -> None:
        self.server = server
        self.settings: Mapping[str, str] = {}
        self.title = f"RabbitMQ {server.version}"
        self.document: Document = {
            "issuer": "rabbitmq",
            "issuer_url": f"https://{server.host}:{server.port}/api",
            "username": f"app-{secrets.token_hex(4)}",
            "password": secrets.token_urlsafe(24),
        }
        self._make(self.document, tags)

    def _make(self, document: Document, tags: str | Sequence[str]) -> None:
        name = str(document["username"])
        set_user(self.server, name, str(document["password"]), tags=tags)
        permit(self.server, name)

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the administrator's secret and the secret that names it."""
        admin: Document = {
            "issuer_url": self.document["issuer_url"],
            "username": self.server.admin,
            "password": self.server.password,
        }
        arn = create(client, f"{name}-admin", admin)
        return create(client, name, {**self.document, "admin_secret_arn": arn})

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Log in as an application does."""
        return logs_in(self.server, str(document["username"]), str(document["password"]))

    def stranger(self) -> Document:
        """Another user."""
        other = {
            **self.document,
            "username": f"{self.document['username']}-other",
            "password": secrets.token_urlsafe(24),
        }
        self._make(other, "")
        return other

    def overhearing(self) -> AbstractContextManager[Callable[[], str]]:
        """The broker's log."""
        return beyond(self.server.log)

    def user(self) -> Document:
        """The user as the administrator sees it; `password_hash` tells whether it was changed."""
        found: Document = get(self.server, user(str(self.document["username"])))
        return found
