"""A version: three numbers; where it is written, and which one may come next."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

# Where a version stands, and the one line of each that has it.
PLACES = {
    "pyproject.toml": r'^(version = ").*(")$',
    "clients/pyproject.toml": r'^(version = ").*(")$',
    "template.yaml": r"^( *SemanticVersion: ).*()$",
}


class NotReleasableError(SystemExit):
    """Nothing was changed; the text says what is in the way, and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Of Semantic Versioning, without what may follow the three numbers."""

    major: int
    minor: int
    patch: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Of `0.2.0`; raises NotReleasableError for anything else."""
        found = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text, re.ASCII)
        if found is None:
            raise NotReleasableError(
                f"{text!r} is no version of three numbers: make release VERSION=0.2.0"
            )
        return cls(*map(int, found.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def tag(self) -> str:
        """What it is called in git."""
        return f"v{self}"

    def check_newer(self, known: Iterable["Version"]) -> None:
        """Raises NotReleasableError unless it is newer than all that were released."""
        last = max(known, default=None)
        if last is not None and self <= last:
            raise NotReleasableError(f"{self} is not newer than {last}, which was released")


def written(name: str, text: str, version: Version) -> str:
    """The file of PLACES with this version in it; raises NotReleasableError where it has none."""
    changed, count = re.subn(PLACES[name], rf"\g<1>{version}\g<2>", text, flags=re.MULTILINE)
    if count != 1:
        raise NotReleasableError(f"{name} has {count} lines with its version, not one: mend it")
    return changed
