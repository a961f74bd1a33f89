"""What was attached before and what came of each move: a file, and the way back.

It is on the disk before anything is changed, and holds no value.
"""

import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rotctl import clock
from rotctl.output.times import iso
from rotctl.state.fleet import Result
from rotctl.trouble import Trouble

_ONLY_MINE = 0o600


@dataclass(frozen=True, slots=True)
class Entry:
    """A secret with the ARNs of the two functions and its rules, as RotateSecret takes them.

    result: not begun, not ended, moved, put back or left alone; why, if it is not moved.
    time: of the last change, in UTC.
    """

    name: str
    arn: str
    old: str
    new: str
    rules: Mapping[str, Any]
    result: Result = Result.LEFT
    why: str = ""
    time: str = ""


class Journal:
    """The entries by the secrets' ARNs; every change of one is on the disk when it returns."""

    def __init__(self, path: Path, entries: Iterable[Entry] = ()) -> None:
        self.path = path
        self.entries = {each.arn: each for each in entries}
        self._writing = threading.Lock()

    @classmethod
    def read(cls, path: Path) -> "Journal":
        """One that is there; raises Trouble."""
        try:
            found = json.loads(path.read_text())["secrets"]
            return cls(path, [_entry(each) for each in found])
        except OSError as error:
            raise Trouble(
                f"{path} cannot be read ({type(error).__name__})", do="give the file of a run"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise Trouble(
                f"{path} is no file that `rotctl adopt` has written", do="give the file of a run"
            ) from None

    def begin(self, entries: Iterable[Entry]) -> None:
        """Add these, in place of earlier ones of the same secrets; raises Trouble."""
        with self._writing:
            self.entries |= {each.arn: each for each in entries}
            self._write()

    def of(self, result: Result) -> list[Entry]:
        """Those that have come so far."""
        return [each for each in self.entries.values() if each.result is result]

    def note(self, entry: Entry, result: Result, why: str = "") -> Entry:
        """Keep the entry as it is now; raises Trouble."""
        noted = replace(entry, result=result, why=why, time=iso(clock.now()) or "")
        self.begin([noted])
        return noted

    def _write(self) -> None:
        """Whole or not at all, also where the machine loses its power."""
        text = json.dumps({"secrets": [asdict(each) for each in self.entries.values()]}, indent=2)
        beside = self.path.with_name(f".{self.path.name}.new")
        try:
            beside.unlink(missing_ok=True)
            opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_MINE)
            with os.fdopen(opened, "w") as file:
                file.write(f"{text}\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Trouble(
                f"{self.path} cannot be written ({type(error).__name__})",
                do="give --file in a folder of yours with room",
            ) from None


def _entry(members: Mapping[str, Any]) -> Entry:
    return Entry(**{**members, "result": Result(members["result"])})
