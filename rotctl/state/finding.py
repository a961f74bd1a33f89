"""What a check has found: how it is, where, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How something is, the best first."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    about: the field of a file, or what was looked at of a stored secret.
    words: what was seen, never a value; do: the next thing to do, empty where there is none.
    """

    verdict: Verdict
    about: str
    words: str
    do: str = ""

    def __str__(self) -> str:
        return f"{self.words}; {self.do}" if self.do else self.words


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found in one file or one stored secret.

    what, kind, why: what a file was taken for, empty where nothing tells; arn: of a stored secret.
    """

    name: str
    findings: Sequence[Finding]
    arn: str = ""
    what: str = ""
    kind: str = ""
    why: str = ""

    @property
    def verdict(self) -> Verdict:
        """The worst of what was found."""
        order = list(Verdict)
        return max((each.verdict for each in self.findings), key=order.index, default=Verdict.OK)


def ok(about: str, words: str) -> Finding:
    """It is fine."""
    return Finding(Verdict.OK, about, words)


def warning(about: str, words: str, do: str) -> Finding:
    """It works, and is risky or could not be seen."""
    return Finding(Verdict.WARNING, about, words, do)


def broken(about: str, words: str, do: str) -> Finding:
    """It does not work, or is open to everybody."""
    return Finding(Verdict.BROKEN, about, words, do)
