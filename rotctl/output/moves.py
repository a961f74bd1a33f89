"""The plan of `rotctl adopt`, as a person reads it before saying yes."""

import re
from collections.abc import Iterable, Sequence

from rich.table import Table

from rotctl.adoption.note import Note
from rotctl.adoption.plan import Move
from rotctl.aws.functions import Function

UNSEEN = (
    "Our function may not read all of them before it is attached. Not seen yet of these: the"
    " engine, `ssl: false`, whether the certificate has the host's name (a CNAME), how the user"
    " logs in, whether the key may be used, an admin's rights.\n"
    "Its testSecret tells these first, for each secret; it changes nothing, and where it fails the"
    " function of before is put back."
)
_ENDED = (3, 10)  # and older, by Lambda's table of runtimes
_NAMES = 3


def table(moves: Sequence[Move]) -> Table:
    """A row for each; what is left alone is dim."""
    caption = "* a Python that Lambda has ended, or is about to"
    shown = Table(box=None, pad_edge=False, caption=caption, caption_justify="left")
    for heading in ("secret", "schedule", "function now", "runtime", "function then"):
        shown.add_column(heading, overflow="fold")
    for move in moves:
        then = "left alone" if move.stopped or move.new is None else move.new.name
        runtime = f"{move.old.runtime or '-'}{'*' if is_ended(move.old) else ''}"
        cells = (move.secret.name, move.secret.schedule or "-", move.old.name or "-", runtime, then)
        shown.add_row(*cells, style="dim" if move.stopped else "")
    return shown


def notes(moves: Iterable[Move]) -> list[str]:
    """What is to be said, each once with the secrets that it is about; what stops comes first."""
    about: dict[Note, list[str]] = {}
    for move in moves:
        for note in move.notes:
            about.setdefault(note, []).append(move.secret.name)
    ordered = sorted(about.items(), key=lambda each: not each[0].stops)
    return [
        f"{'left alone' if note.stops else 'look'}: {_few(names)}: {note}"
        for note, names in ordered
    ]


def is_ended(function: Function) -> bool:
    """Whether its Python gets no patches, or not for long."""
    found = re.fullmatch(r"python(\d+)\.(\d+)", function.runtime)
    return found is not None and (int(found[1]), int(found[2])) <= _ENDED


def _few(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")
