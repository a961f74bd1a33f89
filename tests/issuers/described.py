"""The examples of docs/issuers.md as targets, at the made-up issuer that they are of."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from local.build.artifacts import ROOT
from local.targets import Document
from tests.issuers.keyshop import ADMIN, Keyshop
from tests.issuers.scripted import Stub
from tests.lab import LabSecret

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Make = Callable[..., LabSecret]
"""Makes the secret of an example; the keywords are settings."""

PAGE = (ROOT / "docs" / "issuers.md").read_text()
EXAMPLES = {
    heading: [json.loads(code) for code in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    for heading, _, text in (part.partition("\n") for part in PAGE.split("\n## "))
    if "```json" in text
}
BESIDE, SELF, PLAIN, REPLACED, SLOTS, CHOSEN, QUOTED, ALIKE, CONFIDENTIAL, ORDERED = EXAMPLES
URL = "https://keys.example.org/v1"


@dataclass
class ShopTarget:
    """A key of the shop, in a secret of a form of its own.

    resets: the admin's keeper lets its key be replaced though no stored one is accepted.
    """

    function: ClassVar[str] = "HttpApiKey"
    shop: Keyshop
    value: object
    key_field: str = ""
    installs: bool = True
    overlaps: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    admin: Mapping[str, object] = field(default_factory=dict)
    title: str = "Keyshop"
    resets: bool = False

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        allowed = {"reset": [name]} if self.resets else {}
        admin_text = json.dumps({**self.admin, **allowed})
        admin = client.create_secret(Name=f"{name}-admin", SecretString=admin_text)["ARN"]
        if isinstance(self.value, dict):
            if "admin_secret_arn" in self.value:
                self.value["admin_secret_arn"] = admin
            text = json.dumps(self.value)
        else:
            text = str(self.value)
            described = json.loads(self.settings["ISSUER"])
            described["values"]["admin_secret_arn"] = admin
            self.settings = {**self.settings, "ISSUER": json.dumps(described)}
        return client.create_secret(Name=name, SecretString=text)["ARN"]

    def stranger(self) -> Document:
        if not isinstance(self.value, dict):
            raise TypeError("the conformance suite rotates objects")
        return {**self.value, self.key_field: self.shop.issue(scopes=["read"])["secret"]}

    @contextmanager
    def overhearing(self) -> Iterator[Callable[[], str]]:
        before = len(self.shop.heard)
        yield lambda: "\n".join(self.shop.heard[before:])

    def accepts(self, document: Mapping[str, object]) -> bool:
        return self.shop.accepts(str(document[self.key_field]))


def target_of(
    example: Mapping[str, Any], shop: Keyshop, stub: Stub, settings: Mapping[str, str]
) -> ShopTarget:
    """The target of an example, with its first key made at the shop."""
    document = json.loads(json.dumps(example).replace(URL, stub.url))
    described = document.get("issuer", document)
    names = described["fields"]
    admin = {"issuer_url": stub.url, "inline": True, "api_key": ADMIN, "username": "admin"}
    target = ShopTarget(shop, document, names["key"], settings=settings, admin=admin)
    target.overlaps = "issue" in described or "slots" in described
    target.installs = "set" in described
    if "issue" in described:
        first = shop.issue(scopes=["read"], expires_at="2026-01-11T00:00:00Z")
        if "issuer" in document:
            document |= {names["id"]: str(first["id"])} | {names["key"]: first["secret"]}
        else:
            target.settings = {**settings, "ISSUER": json.dumps(document)}
            target.value = first["secret"]
    return target
