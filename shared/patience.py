"""Waiting for what others have written to be seen, or for who sleeps to wake."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from shared.deadline import time_left

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds
# What a last try needs of the step's own time, or it would be told as a peer that hangs.
TRY_SECONDS = 2.0


def tries(within: float) -> Iterator[None]:
    """Once, and again after ever longer pauses; the last time when so many seconds are over.

    Earlier where the step's time ends before: the last try has some of it.
    """
    give_up = time.monotonic() + min(within, time_left() - TRY_SECONDS)
    pause = _FIRST_PAUSE
    yield
    while (left := give_up - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        yield
        pause = min(pause * 2, _LONGEST_PAUSE)


def retried(action: Callable[[], T], *, on: type[Exception], within: float) -> T:
    """What the action gives, which is tried again on these errors; raises the last of them."""
    attempts = tries(within)
    next(attempts)
    while True:
        try:
            return action()
        except on:
            if next(attempts, attempts) is attempts:
                raise
