"""Targets whose issuer is a stub: a key of an issuer that behaves as documented."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local.targets import Document, create
from rotators.http_api_key.description.sources import SHIPPED, Sources
from tests.issuers.stub import Stub

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class StubTarget:
    """A key of an issuer that behaves as documented.

    first: the key that the secret has at first, made as the examples show it where it is None;
    issuer: what the secret says instead of the description's name; more: further fields in it.
    """

    function = "HttpApiKey"

    def __init__(
        self,
        name: str,
        stub: Stub,
        *,
        first: Mapping[str, Any] | None = None,
        issuer: object = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        self.stub, self.name, self.title = stub, name, name
        self.first, self.issuer, self.more = first, issuer or name, more or {}
        self.described: dict[str, Any] = json.loads((SHIPPED / f"{name}.json").read_text())
        self.installs = "set" in self.described
        overlapping = {"issue", "slots"} & self.described.keys()
        self.overlaps = bool(overlapping or self._replace().get("keeps_old"))
        self.settings: Mapping[str, str] = {
            "ISSUER_HOSTS": " ".join(sorted(stub.documentation.hosts))
        }

    def _replace(self) -> Mapping[str, Any]:
        operation = self.stub.documentation.operation("replace")
        return operation.document if operation else {}

    @property
    def labels(self) -> bool:
        """Whether the issuer notes a label beside each key, as far as there is a list."""
        return "label" in self.described.get("list", {}).get("read", {"label": ""})

    @property
    def binds(self) -> bool:
        """Whether anything shows that an id, where there are ids, is of the key stored with it."""
        if "id" not in self.described["fields"]:
            return True
        shows = "shown" in self.described.get("list", {}).get("read", {})
        return shows or Sources({}).of({"issuer": self.name}).binds_id

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        document = self.secret(self.first or self.stub.first_key())
        if "admin" in self.stub.documentation.document:
            admin = self.stub.documentation.document["admin"]
            document["admin_secret_arn"] = create(client, f"{name}-admin", admin)
        return create(client, name, document)

    def secret(self, key: Mapping[str, Any]) -> Document:
        """The secret of this key, but for the admin's ARN."""
        fields = self.described["fields"]
        document: Document = {
            "issuer": self.issuer,
            **self.stub.documentation.document["secret"],
            **self.more,
            fields["key"]: key["key"],
        }
        if "id" in fields:
            document[fields["id"]] = str(key["id"])
        if "slot" in fields:
            document[fields["slot"]] = key["slot"]
        return document

    def accepts(self, document: Mapping[str, object]) -> bool:
        return self.stub.accepts(str(document[self.described["fields"]["key"]]))
