"""An issuer's documentation, as the examples in the folder beside this file."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.issuers.operations import Operation

FOLDER = Path(__file__).with_name("examples")
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


@dataclass(frozen=True)
class Documentation:
    """All that is documented of an issuer, and a secret and an admin that fit its examples."""

    name: str
    document: Mapping[str, Any]

    @classmethod
    def read(cls, name: str) -> "Documentation":
        return cls(name, json.loads((FOLDER / f"{name}.json").read_text()))

    @property
    def operations(self) -> Iterator[Operation]:
        return (Operation(n, each) for n, each in self.document["operations"].items())

    def operation(self, name: str) -> Operation | None:
        each = self.document["operations"].get(name)
        return None if each is None else Operation(name, each)

    @property
    def hosts(self) -> set[str]:
        urls = (each.document["request"]["url"] for each in self.operations)
        return {str(urlsplit(url).hostname) for url in urls}
