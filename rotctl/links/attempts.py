"""The last rotations and tests, by the function's log."""

from collections.abc import Sequence

from rotctl.links.check import Check, Health, Link
from rotctl.output.times import short
from rotctl.state.past import Outcome, Past

_SHOWN = 3


def of_attempts(found: Sequence[Past] | str) -> list[Check]:
    """The newest first, or why they cannot be seen."""
    if isinstance(found, str):
        return [Check(Link.ATTEMPTS, Health.UNKNOWN, found)]
    if not found:
        return [Check(Link.ATTEMPTS, Health.OK, "none in the last 7 days")]
    return [_check(each) for each in found[:_SHOWN]]


def _check(past: Past) -> Check:
    what = f"{'test' if past.test else 'rotation'} of {short(past.began)}: {past.outcome}"
    if past.outcome is not Outcome.FAILED:
        return Check(Link.ATTEMPTS, Health.OK, what, of=past.version)
    where = f" at {past.progress.step}, {past.progress.code or 'without a line'}"
    return Check(Link.ATTEMPTS, Health.WARNING, what + where, past.action, past.version)
