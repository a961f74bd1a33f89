"""One look at a wave, and what it made of it."""

from dataclasses import replace

from rotctl.aws.session import Aws
from tests.watch.renewal.rotated import Rotated
from watch.renewal import wave
from watch.renewal.course import Course, Outcome


def course(rotated: Rotated, *waves: list[str]) -> Course:
    """Of the newest rotation, with these readers."""
    return replace(Course.of(rotated.given), waves=list(waves))


def looked(given: Course) -> Course:
    """One look further, and as the state machine would keep it."""
    return Course.of(wave.advanced(Aws(), given).document())


def stop(given: Course) -> str:
    """Why it stopped."""
    after = looked(given)
    assert after.outcome is Outcome.STOPPED
    assert after.do
    return after.what
