"""The end of the time a step has, told as an error of ours before Lambda ends the function."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from shared.errors import Unreachable

# To roll back, log and count the failure in.
MARGIN_SECONDS = 1.0
# A clean-up that hangs as well, such as a ROLLBACK to a dead server, is interrupted again.
AGAIN_SECONDS = 0.25
_ENDS: ContextVar[float] = ContextVar("ends", default=math.inf)  # by the monotonic clock


class TimeOverError(BaseException):
    """No Exception: libraries take those for their peer's, and try again."""


def time_left() -> float:
    """The seconds that a wait may still take; infinite where there is no deadline.

    It ends one margin before the deadline interrupts, which itself leaves one before Lambda ends
    the function: a wait that gives up by itself says more than one that is interrupted.
    """
    return _ENDS.get() - time.monotonic()


@contextmanager
def deadline(seconds_left: float) -> Iterator[None]:
    """Raise Unreachable in the block when less than MARGIN_SECONDS are left.

    The drivers bound each wait for an answer, but not how many waits a slow peer can cause.
    Only the main thread can be interrupted, which is where Lambda runs a handler.
    """
    ends = _ENDS.set(time.monotonic() + seconds_left - 2 * MARGIN_SECONDS)
    try:
        with _alarm_after(seconds_left):
            yield
    finally:
        _ENDS.reset(ends)


@contextmanager
def _alarm_after(seconds_left: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGALRM, _end)
    seconds = max(seconds_left - MARGIN_SECONDS, 0.001)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
    try:
        yield
    except TimeOverError:
        raise Unreachable(
            "the function's time was over before the step was done",
            do="see what was slow; raise the function's timeout if it was not a peer that hangs",
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)


def _end(_number: int, _frame: object) -> None:
    raise TimeOverError
