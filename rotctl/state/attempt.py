"""How far the rotation to one version has come, by the lines of its steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rotctl.aws.logs import StepLine

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
TEST = "testSecret"  # the one step of RotateImmediately=false
# The function takes AWSPENDING off a version that its target will never accept.
REFUSED = ("RejectedByPolicy", "PendingUnusable")
# What later attempts of a version that was given up end with; it is no reason.
_GIVEN_UP = "WrongStage"


@dataclass(frozen=True, slots=True)
class Progress:
    """step: where it is, or failed; code, message: of the last failure, if it is the last line.

    since: when it first failed at this step in a row, or the last line's time.
    """

    step: str = STEPS[0]
    attempts: int = 0
    code: str = ""
    message: str = ""
    retryable: bool = False
    since: datetime | None = None
    last: datetime | None = None
    finished: bool = False  # the last line is that of the last step, which succeeded

    @property
    def action(self) -> str:
        """What to do next, which a message has behind what happened and where."""
        return self.message.partition("; ")[2]


NO_PROGRESS = Progress()


def progress(lines: Sequence[StepLine]) -> Progress:
    """From the lines of one version, oldest first.

    A step that was killed leaves no line: it is the one after the last that succeeded.
    """
    lines = [line for line in lines if line.code != _GIVEN_UP] or list(lines)
    if not lines:
        return NO_PROGRESS
    last = lines[-1]
    if not last.code:
        return Progress(
            step=_after(last.step),
            attempts=_attempts(lines),
            since=last.time,
            last=last.time,
            finished=last.step == (STEPS[-1] if _began(lines) else TEST),
        )
    return Progress(
        step=last.step,
        attempts=_attempts(lines),
        code=last.code,
        message=last.message,
        retryable=last.retryable,
        since=_first_failure(lines).time,
        last=last.time,
    )


def _after(step: str) -> str:
    place = STEPS.index(step) + 1 if step in STEPS else 0
    return STEPS[min(place, len(STEPS) - 1)]


def _began(lines: Iterable[StepLine]) -> int:
    """How often createSecret ended, with which each attempt of a rotation begins."""
    return [line.step for line in lines].count(STEPS[0])


def _attempts(lines: Sequence[StepLine]) -> int:
    """That of a test is its one step."""
    return _began(lines) or len(lines)


def _first_failure(lines: Sequence[StepLine]) -> StepLine:
    """The first failure at the last line's step since that step last succeeded."""
    first = lines[-1]
    for line in reversed(lines):
        if line.step == first.step:
            if not line.code:
                break
            first = line
    return first
