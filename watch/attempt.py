"""Which of a version's lines are of the attempt that an event is about, and which is the reason."""

from collections.abc import Sequence
from datetime import timedelta

from rotctl.aws.logs import StepLine
from rotctl.aws.trail import TrailEvent
from rotctl.state.attempt import REFUSED, STEPS

FAILED, SUCCEEDED, ABANDONED = "Failed", "Succeeded", "Abandoned"  # how an event's name ends
_GIVEN_UP = "WrongStage"
# An event's time has no fraction of a second, and its clock is not Lambda's.
_LATE = timedelta(seconds=2)


def of(lines: Sequence[StepLine], ended: TrailEvent) -> Sequence[StepLine]:
    """From its createSecret on, oldest first; a test is one step.

    Of a version that the function gave up, which later attempts only find gone: from that on.
    """
    known = [line for line in lines if line.time <= ended.time + _LATE]
    begins = [place for place, line in enumerate(known) if line.step == STEPS[0]]
    last = known[begins[-1] :] if begins else known
    given_up = [line for line in known if line.code in REFUSED]
    if given_up and {line.code for line in last} == {_GIVEN_UP}:
        return given_up[-1:]
    return last


def reason(lines: Sequence[StepLine], ended: TrailEvent) -> StepLine | None:
    """The step that failed; None where it left no line: it was killed, or never started."""
    failed = [line for line in lines if line.code]
    if failed and (ended.step in {"", failed[-1].step} or failed[-1].code in REFUSED):
        return failed[-1]
    return None


def finished(lines: Sequence[StepLine]) -> StepLine | None:
    """The last step, where it succeeded."""
    done = [line for line in lines if line.step == STEPS[-1] and not line.code]
    return done[-1] if done else None


def is_whole(lines: Sequence[StepLine], ended: TrailEvent) -> bool:
    """Whether the line that tells how it ended is among them."""
    if ended.name.endswith(FAILED):
        return reason(lines, ended) is not None
    return not ended.name.endswith(SUCCEEDED) or finished(lines) is not None
