"""Every message of every table of errors, as an operator reads it, held against a file.

The shared ones are in tests/unit/shared/messages.txt, a kind's in its folder testing. After a
change: `.venv/bin/python -m tests.unit.test_messages`, and read what changed aloud.
"""

import dataclasses
import importlib
import re
from collections.abc import Iterator, Mapping

import pytest

from local.bootstrap import ROOT
from local.kinds import TESTING, kinds
from shared.errors import ErrorRow

WHERE = "user 'app' at db:5432"
FILES = {
    "shared": ROOT / "tests" / "unit" / "shared" / "messages.txt",
    **{
        f"rotators/{name}": kind.folder / TESTING / "messages.txt" for name, kind in kinds().items()
    },
}


def messages(folder: str) -> list[str]:
    """A line for each that a row of the folder's tables can become, in the order of the code."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / folder).rglob("*.py"))
        if TESTING not in path.parts and "ErrorRow" in path.read_text()
    ]
    things = [thing for name in modules for thing in vars(importlib.import_module(name)).values()]
    lines: dict[str, None] = {}
    for row in (row for thing in things for row in _rows(thing)):
        error = row.error(WHERE)
        at_fault = f" [{error.field}]" if error.field else ""
        lines[f"{error.code}{at_fault}: {error}"] = None
    return list(lines)


def _rows(thing: object) -> Iterator[ErrorRow]:
    """The rows in a constant, a table, or a record of them."""
    if isinstance(thing, ErrorRow):
        yield thing
    elif isinstance(thing, Mapping):
        for each in thing.values():
            yield from _rows(each)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for field in dataclasses.fields(thing):
            yield from _rows(getattr(thing, field.name))


@pytest.mark.parametrize("folder", FILES)
def test_the_messages_are_those_that_were_read(folder: str) -> None:
    assert "\n".join(messages(folder)) + "\n" == FILES[folder].read_text()


@pytest.mark.parametrize("folder", FILES)
def test_what_happened_and_what_to_do_are_whole_clauses(folder: str) -> None:
    """No word at the end of either waits for another one."""
    waiting = re.compile(r" (?:of|for|from|by|to|with|says|the|a)(?=;|$)")
    assert not [line for line in messages(folder) if waiting.search(line)]


def main() -> None:
    """Write the files anew."""
    for folder, file in FILES.items():
        file.write_text("\n".join(messages(folder)) + "\n")


if __name__ == "__main__":
    main()
