"""What the project knows of each kind of target beside its code: `rotators/<kind>/kind.toml`.

Standard library only: SAM's build reads it with whatever Python 3.11+ it finds.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.bootstrap import ROOT

# What a kind is tried with on a developer's machine; in no artifact.
TESTING = "testing"


@dataclass(frozen=True, slots=True)
class RotatorKind:
    """A folder of `rotators`, and what its kind.toml says.

    driver: the packages that it alone may import; services: the AWS services that it calls, by
    the SDK's names; confidential: the fields of its secrets that are in no log and no error; waits:
    the constants that end its waits, which tests shorten; reveals: how often each of its files
    takes a value out of a Secret.
    """

    folder: Path
    driver: frozenset[str]
    services: tuple[str, ...]
    confidential: frozenset[str]
    waits: tuple[str, ...]
    reveals: Mapping[str, int]

    @property
    def name(self) -> str:
        """The folder's name: in handlers, of the dependency group, in `RotationError.backend`."""
        return self.folder.name

    @property
    def shipped(self) -> list[Path]:
        """All of its files but those that it is tried with."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return [path for path in found if path.relative_to(self.folder).parts[0] != TESTING]


def kinds(root: Path = ROOT) -> dict[str, RotatorKind]:
    """{name: kind} of every folder that has a kind.toml; raises KeyError naming a missing entry."""
    return {
        path.parent.name: _read(path) for path in sorted((root / "rotators").glob("*/kind.toml"))
    }


def _read(path: Path) -> RotatorKind:
    document = tomllib.loads(path.read_text())
    return RotatorKind(
        folder=path.parent,
        driver=frozenset(document["driver"]),
        services=("secretsmanager", *document["services"]),
        confidential=frozenset(document["confidential"]),
        waits=tuple(f"rotators.{path.parent.name}.{name}" for name in document["waits"]),
        reveals=document["reveals"],
    )
