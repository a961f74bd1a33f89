"""docs/secrets-manager-facts.md, read: each fact's sentence, and what of it is only assumed."""

import re
from dataclasses import dataclass
from functools import cache

from local.bootstrap import ROOT
from local.verify import rules

PAGE = ROOT / "docs" / "secrets-manager-facts.md"


@dataclass(frozen=True, slots=True)
class Fact:
    """A numbered fact; assumed: the clauses that no source says."""

    number: int
    sentence: str
    assumed: tuple[str, ...]


@cache
def facts() -> dict[int, Fact]:
    """Every fact of the page by its number."""
    parts = re.findall(
        r"^## Fact (\d+): ([^\n]*)\n(.*?)(?=^## |\Z)",
        PAGE.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    return {int(number): Fact(int(number), said, _assumed(text)) for number, said, text in parts}


def _assumed(text: str) -> tuple[str, ...]:
    (line,) = re.findall(r"^\*Assumed:\* (.*)\.$", text, re.MULTILINE) or [""]
    return tuple(clause for clause in line.split("; ") if clause)


def assumed_rows() -> dict[str, dict[str, str | int]]:
    """What is only assumed, by number, for docs/reliability.md; and how many checks ask it."""
    asked = [each.number for each in rules.checks() if each.assumed]
    return {
        f"fact {fact.number}": {"assumed": "; ".join(fact.assumed), "checks": asked.count(number)}
        for number, fact in facts().items()
        if fact.assumed
    }
