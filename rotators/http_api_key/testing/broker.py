"""A RabbitMQ user's password, rotated by the issuer's description."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar

from local.servers.rabbitmq.api import call, lets_in, set_user
from local.servers.server import Server
from local.targets import Document, beyond, create

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class RabbitMqTarget:
    """A user of its own, whose password an administrator sets in place."""

    function: ClassVar[str] = "HttpApiKey"
    installs: ClassVar[bool] = True
    overlaps: ClassVar[bool] = False

    def __init__(self, server: Server) -> None:
        self.server = server
        self.settings: Mapping[str, str] = {}
        self.title = f"RabbitMQ {server.version}"
        self.document: Document = {
            "issuer": "rabbitmq",
            "issuer_url": f"https://{server.host}:{server.port}/api",
            "username": f"app-{secrets.token_hex(4)}",
            "password": secrets.token_urlsafe(24),
        }
        set_user(server, str(self.document["username"]), str(self.document["password"]))

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
        """Log in with the password."""
        return lets_in(self.server, str(document["username"]), str(document["password"]))

    def stranger(self) -> Document:
        """Another user."""
        other = f"{self.document['username']}-other"
        password = secrets.token_urlsafe(24)
        set_user(self.server, other, password)
        return {**self.document, "username": other, "password": password}

    def overhearing(self) -> AbstractContextManager[Callable[[], str]]:
        """The broker's log."""
        return beyond(self.server.log)

    def tags(self) -> list[str]:
        """What the user may do."""
        login = self.server.admin, self.server.password
        reply = call(self.server, "GET", f"/users/{self.document['username']}", login)
        return list(reply.document["tags"])
