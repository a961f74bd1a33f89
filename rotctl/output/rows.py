"""The rows of `rotctl status`: a table, and JSON that programs may hold on to."""

from collections.abc import Callable, Iterable, Sequence

from rich.table import Table

from rotctl.output.times import iso, short
from rotctl.state.survey import Row

_STYLES = {True: "bold red", False: ""}
# Each with the least width of a terminal that has room for it.
_COLUMNS: tuple[tuple[str, int, Callable[[Row], str]], ...] = (
    ("secret", 0, lambda row: row.secret.name),
    ("state", 0, lambda row: row.standing.words()),
    ("target", 110, lambda row: row.function.target),
    ("function", 180, lambda row: row.function.name or "-"),
    ("schedule", 180, lambda row: row.secret.schedule or "-"),
    ("last", 110, lambda row: short(row.secret.last)),
    ("next", 80, lambda row: short(row.secret.next)),
    ("labels", 180, lambda row: ", ".join(sorted(row.secret.labels))),
)


def table(rows: Sequence[Row], now: str, width: int) -> Table:
    """Those that need a person come first, and are red; width: of the terminal, in characters."""
    need = sum(row.standing.state.needs_a_person for row in rows)
    of = "secret" if len(rows) == 1 else "secrets"
    whom = "needs" if need == 1 else "need"
    caption = f"{len(rows)} {of}, {need} {whom} a person; times in UTC, now {now}"
    shown = Table(caption=caption, caption_justify="left", box=None, pad_edge=False)
    columns = [(name, text) for name, least, text in _COLUMNS if width >= least]
    for name, _ in columns:
        shown.add_column(name, overflow="fold", no_wrap=name in {"last", "next"})
    for row in rows:
        style = _STYLES[row.standing.state.needs_a_person]
        shown.add_row(*(text(row) for _, text in columns), style=style)
    return shown


def actions(rows: Iterable[Row]) -> list[str]:
    """What to do next about each that says it, a line each."""
    told = [(row, row.standing.progress) for row in rows if row.standing.progress.message]
    return [f"{row.secret.name}: {progress.message}" for row, progress in told]


def document(rows: Iterable[Row]) -> list[dict[str, object]]:
    """The rows as JSON; docs/rotctl.md has the keys."""
    return [
        {
            "name": row.secret.name,
            "arn": row.secret.arn,
            "state": str(row.standing.state),
            "words": row.standing.words(),
            "needs_a_person": row.standing.state.needs_a_person,
            "since": iso(row.standing.since),
            "step": row.standing.progress.step if row.standing.progress.attempts else None,
            "attempts": row.standing.progress.attempts,
            "code": row.standing.progress.code or None,
            "message": row.standing.progress.message or None,
            "target": row.function.target,
            "function": row.secret.function or None,
            "schedule": row.secret.schedule or None,
            "last": iso(row.secret.last),
            "next": iso(row.secret.next),
            "labels": dict(row.secret.labels),
        }
        for row in rows
    ]
