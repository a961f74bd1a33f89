"""Waiting for what others have written to be seen."""

import time
from collections.abc import Iterator

_FIRST_PAUSE = 0.1  # seconds


def tries(within: float) -> Iterator[None]:
    """Once, and again after ever longer pauses, for so many seconds in all."""
    give_up = time.monotonic() + within
    pause = _FIRST_PAUSE
    yield
    while time.monotonic() + pause < give_up:
        time.sleep(pause)
        yield
        pause *= 2
