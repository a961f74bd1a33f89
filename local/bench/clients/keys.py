"""A key of the bench's issuer as a target, by one of its ways to rotate."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from local.bench.clients.issuer import COMMON, SLOTS, WAYS, BenchIssuer
from local.network import api
from local.targets import Document, create

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class KeyTarget:
    """The way's first key."""

    function: ClassVar[str] = "HttpApiKey"
    settings: ClassVar[Mapping[str, str]] = {}

    def __init__(self, issuer: BenchIssuer, way: str) -> None:
        self.issuer = issuer
        self.way = way
        self.title = "HTTP API"
        self.key = ""
        self.installs = way == "set"
        self.overlaps = way in ("issue", "slots")

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the admin's secret and the secret that names it."""
        admin: Document = {
            "issuer_url": self.issuer.url,
            "inline": True,
            "api_key": self.issuer.admin,
        }
        first = self._first()
        self.key = str(first["api_key"])
        document: Document = {
            "issuer_url": self.issuer.url,
            "admin_secret_arn": create(client, f"{name}-admin", admin),
            "issuer": {**COMMON, **WAYS[self.way]},
            **first,
        }
        return create(client, name, document)

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Use the key."""
        return self._ask("GET", "/me", str(document["api_key"])).status == 200  # noqa: PLR2004

    def refused(self) -> int:
        """How many requests with the first key were refused so far."""
        refused = self._ask("GET", "/refused", self.issuer.admin).document
        return int(refused.get(self.key, 0))

    def change(self) -> None:
        """By hand, behind everybody's back: no key that there was is accepted."""
        self._ask("DELETE", "/all", self.issuer.admin)

    def _first(self) -> Document:
        if self.way == "issue":
            made = self._ask("POST", "/keys", self.issuer.admin, {"name": "by hand"}).document
            return {"api_key": made["key"], "key_id": made["id"]}
        if self.way == "replace":
            return {"api_key": self._ask("POST", "/one", self.issuer.admin).document["key"]}
        if self.way == "slots":
            keys = self._ask("GET", "/slots", self.issuer.admin).document["keys"]
            return {"api_key": keys[SLOTS[0]], "key_name": SLOTS[0]}
        first = "first" * 8
        self._ask("PUT", "/chosen", self.issuer.admin, {"key": first})
        return {"api_key": first}

    def _ask(self, method: str, path: str, key: str, body: object = None) -> api.Reply:
        headers = {"Authorization": f"Bearer {key}"}
        return api.ask(method, self.issuer.url + path, self.issuer.authority.ca, headers, body)
