"""What a run has found, for a terminal and for docs/clients.md."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table

from local.bench.clients.rivals import RIVALS
from local.bench.clients.running import Figures
from local.bench.clients.situations import ROTATIONS, SITUATIONS
from local.bench.clients.tally import Tally
from local.bench.clients.worker import OURS, RIVALLING
from local.demo.table import table as empty

BY_FACE = ("strategy", "face", *RIVALS, OURS, "a call")
BY_SITUATION = ("situation", "strategy", *RIVALS, OURS)
_WORDS = 2
Rows = list[tuple[str, ...]]


def broken(figures: Figures) -> bool:
    """Whether an error of ours has reached the application."""
    return any(True for _ in errors(figures))


def errors(figures: Figures) -> Iterator[str]:
    """Each kind of error that reached the application by a face of ours."""
    for face in figures.faces:
        for (situation, _), tally in figures.found[face].items():
            for words, times in tally.kinds.items():
                yield f"{figures.strategy.title}, {face}, {situation}: {times} x {words}"


def by_face(measured: Iterable[Figures]) -> Rows:
    """Rotations alone: a row for each strategy and face; the rivals have none of a face."""
    rows = []
    for each in measured:
        rivals = [_cell(each.of(RIVALLING, ROTATIONS, who)) for who in RIVALS]
        for face in each.faces:
            ours = each.of(face, ROTATIONS, OURS)
            mean = f"{ours.seconds / max(ours.calls - ours.errors, 1):.2f} s"
            rows.append((each.strategy.title, face, *rivals, _cell(ours), mean))
            rivals = ["" for _ in RIVALS]
    return rows


def by_situation(measured: Iterable[Figures]) -> Rows:
    """What goes wrong besides: a row for each situation and strategy, over all faces."""
    rows = []
    for situation in SITUATIONS:
        for each in measured:
            ours = Tally()
            for face in each.faces:
                ours.add(each.of(face, situation, OURS))
            rivals = [_cell(each.of(RIVALLING, situation, who)) for who in RIVALS]
            if situation != ROTATIONS and ours.calls:
                rows.append((situation, each.strategy.title, *rivals, _cell(ours)))
    return rows


def drawn(headings: Sequence[str], rows: Rows) -> Table:
    """For a terminal."""
    made = empty(headings[:_WORDS], headings[_WORDS:])
    for row in rows:
        made.add_row(*row)
    return made


def markdown(headings: Sequence[str], rows: Rows) -> str:
    """For a document."""
    lines = (headings, ["---"] * len(headings), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def written(page: str, name: str, text: str) -> str:
    """The page with this text between the marks of the name."""
    block = f"<!-- {name} -->\n{text}\n<!-- /{name} -->"
    return re.sub(rf"<!-- {name} -->\n.*?<!-- /{name} -->", lambda _: block, page, flags=re.DOTALL)


def _cell(tally: Tally) -> str:
    """Errors of calls, and the longest call that ended well."""
    return f"{tally.errors:,} of {tally.calls:,}, {tally.longest:.1f} s" if tally.calls else ""
