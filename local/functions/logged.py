"""A function's log as AWS's emulator leaves it: a file, in which only some lines have a time."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from local.functions.written import LogEvent

_FORM = "%Y-%m-%d %H:%M:%S,%f%z"  # of `timestamp` in a function's own lines


def events_in(log: Path) -> Sequence[LogEvent]:
    """Every line; one without a time of its own has that of the line before."""
    if not log.is_file():
        return ()
    events: list[LogEvent] = []
    time = 0.0
    for number, line in enumerate(log.read_text(errors="replace").splitlines()):
        time = _time_of(line) or time
        events.append(LogEvent(time, line, number))
    return events


def _time_of(line: str) -> float | None:
    """Unix seconds, if it is a line of ours."""
    if not line.startswith("{"):
        return None
    try:
        return datetime.strptime(str(json.loads(line).get("timestamp")), _FORM).timestamp()  # noqa: DTZ007 %z
    except ValueError:
        return None
