"""A secret's rotations, by CloudTrail's events and the functions' lines, which have one version."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rotctl.aws.logs import StepLine
from rotctl.aws.trail import TRIAL, TrailEvent
from rotctl.state.attempt import STEPS, TEST, Progress, progress


class Outcome(StrEnum):
    """How one ended, or that nothing says so."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABANDONED = "abandoned"
    OPEN = "not ended"


@dataclass(frozen=True, slots=True)
class Past:
    """A rotation, or a test, of the secret; `ended` is the last that is known of it."""

    version: str
    test: bool
    began: datetime
    ended: datetime
    outcome: Outcome
    attempts: int
    progress: Progress

    @property
    def action(self) -> str:
        """What to do next about a failure."""
        if self.outcome is not Outcome.FAILED:
            return ""
        return self.progress.action or (
            "the step wrote no line: it was killed, timed out or could not start;"
            " look at the function's log group at that time"
        )


def rotations(events: Iterable[TrailEvent], lines: Iterable[StepLine]) -> list[Past]:
    """Newest first; either may be missing."""
    by_version: dict[str, tuple[list[TrailEvent], list[StepLine]]] = defaultdict(lambda: ([], []))
    for event in events:
        by_version[event.version][0].append(event)
    for line in lines:
        by_version[line.version][1].append(line)
    found = [_past(version, *each) for version, each in by_version.items()]
    return sorted(found, key=lambda past: past.began, reverse=True)


def _past(version: str, events: Sequence[TrailEvent], lines: Sequence[StepLine]) -> Past:
    times = [*(event.time for event in events), *(line.time for line in lines)]
    names = [event.name for event in events]
    steps = {line.step for line in lines}
    by_lines = not names and TEST in steps and STEPS[0] not in steps
    test = by_lines or any(name.startswith(TRIAL) for name in names)
    known = progress(lines)
    outcome = _outcome(names, known)
    killed = next((event.step for event in reversed(events) if event.step), "")
    if outcome is Outcome.FAILED and killed and not known.code:
        known = Progress(step=killed, attempts=known.attempts)
    ends = sum(name.endswith(("Failed", "Succeeded")) for name in names)
    attempts = max(known.attempts, ends)
    return Past(version, test, min(times), max(times), outcome, attempts, known)


def _outcome(names: Sequence[str], known: Progress) -> Outcome:
    """By the events, the later ones first; by the lines where there are none of its end."""
    for name in reversed(names):
        for end, outcome in _ENDS.items():
            if name.endswith(end):
                return outcome
    if known.code:
        return Outcome.FAILED
    return Outcome.SUCCEEDED if known.finished else Outcome.OPEN


_ENDS = {
    "RotationSucceeded": Outcome.SUCCEEDED,
    "RotationFailed": Outcome.FAILED,
    "RotationAbandoned": Outcome.ABANDONED,
}
