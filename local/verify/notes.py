"""What the function is told to do, and what it notes of it: see local/verify/function.py."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# What each step does, run by run.
Script = Mapping[str, Sequence[str]]
# A rotation that goes well: what the steps that are not named do is nothing.
PLAIN: Script = {"createSecret": ["put"], "finishSecret": ["move"]}


@dataclass(frozen=True, slots=True)
class Note:
    """What the function wrote down of one run."""

    step: str
    version: str
    words: tuple[str, ...]

    def __repr__(self) -> str:
        return " ".join((self.step, *self.words[2:]))


def script_text(script: Script) -> str:
    """The script as the function reads it, from a description."""
    return json.dumps({step: list(runs) for step, runs in script.items()})


def notes_in(tags: Iterable[Mapping[str, str]]) -> list[Note]:
    """The notes among the tags, in the order of the runs."""
    values = {tag["Key"]: tag["Value"] for tag in tags if "/" in tag["Key"]}
    return [_note(key, values[key]) for key in sorted(values)]


def _note(key: str, value: str) -> Note:
    version, *words = value.split()
    return Note(key.rpartition("/")[2], version, tuple(words))
