"""`make secret-scan`: fail for what looks like a secret, in the working tree or any commit.

detect-secrets looks; what it takes for one and is none stands in allowed.toml, with the reason.
Runs in the environment of __main__.py.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from re import fullmatch
from typing import NamedTuple

from detect_secrets.core.scan import scan_file
from detect_secrets.core.secrets_collection import PotentialSecret
from detect_secrets.settings import default_settings, get_settings

from local.bootstrap import CACHE, ROOT
from local.supply.history import Text, shallow, texts

ALLOWED = Path(__file__).with_name("allowed.toml")
LINES_IN_A_FILE = 4000
# A comment beside a secret is no reason to let it pass.
COMMENT_FILTER = "detect_secrets.filters.allowlist.is_line_allowlisted"


class FoundLine(NamedTuple):
    """The first place that a line was seen at."""

    path: str
    number: int
    object_id: str


def main() -> int:
    """Print where something is, never what it is; 1 if there was anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", nargs="?", type=Path, default=ROOT)
    parser.add_argument("--all", action="store_true", help="also what was found clean before")
    asked = parser.parse_args()
    clean = Clean()
    new = list(texts(asked.repository, frozenset() if asked.all else clean.objects))
    found = sorted(set(_found(new, _allowed())))
    for place, kind in found:
        print(
            f"{place.path}:{place.number}: {kind}; in the object {place.object_id[:12]}:"
            f" git log --all --find-object={place.object_id[:12]}"
        )
    if shallow(asked.repository):
        print("this clone is shallow: the commits that it left behind were not looked at")
    print(f"{len(new)} new texts: {len(found)} findings")
    if not found:
        clean.add(text.object_id for text in new)
    return 1 if found else 0


def _found(
    new: list[Text], allowed: Callable[[str, str, str], bool]
) -> Iterator[tuple[FoundLine, str]]:
    """What is not allowed, by its place and kind; many texts share most lines, read once each."""
    lines: dict[tuple[str, str], FoundLine] = {}
    for text in new:
        suffix = Path(text.path).suffix
        for number, line in enumerate(text.lines, 1):
            lines.setdefault((suffix, line), FoundLine(text.path, number, text.object_id))
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor() as pool:
        files = dict(_write_lines(lines, Path(folder)))
        for (_, places), secrets in zip(files.items(), pool.map(_scan, files), strict=True):
            for number, kind, value in secrets:
                line, place = places[number - 1]
                if not allowed(kind, value, line):
                    yield place, kind


def _write_lines(
    lines: dict[tuple[str, str], FoundLine], folder: Path
) -> Iterator[tuple[Path, list[tuple[str, FoundLine]]]]:
    """The lines, in files of their own kind: the scanner reads each language in its own way."""
    for suffix in sorted({suffix for suffix, _ in lines}):
        of_kind = [(line, place) for (kind, line), place in lines.items() if kind == suffix]
        for start in range(0, len(of_kind), LINES_IN_A_FILE):
            part = of_kind[start : start + LINES_IN_A_FILE]
            file = folder / f"lines-{start}{suffix}"
            file.write_text("".join(f"{line}\n" for line, _ in part))
            yield file, part


def _scan(file: Path) -> list[tuple[int, str, str]]:
    """What the scanner takes for a secret: line, kind, value; nothing is asked of any service."""
    with default_settings():
        get_settings().disable_filters(COMMENT_FILTER)
        found: Iterable[PotentialSecret] = scan_file(str(file))
        return [(each.line_number, each.type, each.secret_value or "") for each in found]


def _allowed() -> Callable[[str, str, str], bool]:
    """Whether a value of a kind, in a line, is none of anybody's, by the list."""
    entries = tomllib.loads(ALLOWED.read_text())["allowed"]
    values = {value for entry in entries for value in entry.get("values", ())}
    patterns = [(entry.get("kind"), entry["pattern"]) for entry in entries if "pattern" in entry]

    parts = [part for entry in entries for part in entry.get("parts", ())]

    def allowed(kind: str, value: str, line: str) -> bool:
        return (
            value in values
            or any(part in line for part in parts)
            or any(of in (None, kind) and fullmatch(pattern, value) for of, pattern in patterns)
        )

    return allowed


class Clean:
    """The git objects in which nothing was found, as long as the tools and the list are these."""

    def __init__(self) -> None:
        state = hashlib.sha256()
        for path in (ALLOWED, Path(__file__), ROOT / "requirements" / "audit.txt"):
            state.update(path.read_bytes())
        self.file = CACHE / "secret-scan" / f"{state.hexdigest()}.json"
        self.objects: frozenset[str] = frozenset()
        if self.file.is_file():
            self.objects = frozenset(json.loads(self.file.read_text()))

    def add(self, objects: Iterable[str]) -> None:
        """Keep these as well."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        # Beside, then renamed: another scan may read it now.
        fresh = self.file.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(sorted({*self.objects, *objects})))
        fresh.rename(self.file)


if __name__ == "__main__":
    sys.exit(main())
