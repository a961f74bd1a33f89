"""The end of the time a step has, told as an error of ours before Lambda ends the function."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Unreachable

# To roll back, log and count the failure in.
MARGIN_SECONDS = 1.0
# A clean-up that hangs as well, such as a ROLLBACK to a dead server, is interrupted again.
AGAIN_SECONDS = 0.25


class TimeOverError(BaseException):
    """No Exception: libraries take those for their peer's, and try again."""


@contextmanager
def deadline(seconds_left: float) -> Iterator[None]:
    """Raise Unreachable in the block when less than MARGIN_SECONDS are left.

    The drivers bound each wait for an answer, but not how many waits a slow peer can cause.
    Only the main thread can be interrupted, which is where Lambda runs a handler.
    """
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
