"""The packages that a requirements file pins."""

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name


@dataclass(frozen=True, slots=True)
class Pin:
    """A package by its canonical name, its exact version, and the SHA-256 of each of its files."""

    name: str
    version: str
    hashes: frozenset[str]


def read(requirements: Path) -> list[Pin]:
    """All of them, in the file's order; SystemExit names a line that pins nothing."""
    text = requirements.read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    return [_pin(line, requirements) for line in lines if line and not line.startswith("#")]


def _pin(line: str, requirements: Path) -> Pin:
    named = re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([\w.!+-]+)(?=[\s;]|$)", line)
    if named is None:
        raise SystemExit(f"{requirements.name} has a line without an exact version: {line[:80]}")
    hashes = frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
    return Pin(canonicalize_name(named[1]), named[2], hashes)
