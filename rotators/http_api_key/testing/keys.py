"""A key of an HTTP API's issuer."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar

from local.targets import Document, beyond, create
from rotators.http_api_key.testing.issuers.issuer import Issuer, accepts, issue

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class IssuerTarget:
    """A key of the issuer's owner; its first key is made by hand, as a person would.

    wish: what was asked for it, see `issue`; else it may tell whose it is, and nothing more.
    """

    function: ClassVar[str] = "HttpApiKey"
    installs: ClassVar[bool] = False
    overlaps: ClassVar[bool] = True

    def __init__(self, issuer: Issuer, title: str = "HTTP API-key issuer", **wish: object) -> None:
        self.issuer = issuer
        self.settings: Mapping[str, str] = {}
        self.title = title
        own = [f"read:users:{name}!user={issuer.owner}" for name in ("groups", "name")]
        key_id, key = issue(issuer, "made by hand", **(wish or {"scopes": own}))
        self.document: Document = {
            "issuer": "jupyterhub",
            "issuer_url": issuer.url,
            "owner": issuer.owner,
            "key_id": key_id,
            "api_key": key,
        }
        if not wish:
            self.document["key_scopes"] = own

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the admin's secret and the secret that names it."""
        admin = create(
            client, f"{name}-admin", {"issuer_url": self.issuer.url, "api_key": self.issuer.admin}
        )
        self.document["admin_secret_arn"] = admin
        return create(client, name, self.document)

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Use the key."""
        return accepts(self.issuer, str(document["api_key"]))

    def stranger(self) -> Document:
        """Another key of the same owner, made by hand too."""
        key_id, key = issue(self.issuer, "somebody else's", scopes=[])
        return {**self.document, "key_id": key_id, "api_key": key}

    def overhearing(self) -> AbstractContextManager[Callable[[], str]]:
        """The requests."""
        return beyond(self.issuer.log)
