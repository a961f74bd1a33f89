"""The service's time, which a test can move: schedules and dates read it, nothing else does."""

import threading
import time


class SystemClock:
    """The machine's own time."""

    # A wait is cut into pieces because the machine's time may be set while it lasts.
    _LONGEST = 3600.0

    def now(self) -> float:
        """The time, in seconds since 1970 UTC."""
        return time.time()

    def wait(self, wake: threading.Event, until: float | None) -> None:
        """Return when `wake` is set, `until` has come (None: never), or an hour has gone."""
        left = self._LONGEST if until is None else until - self.now()
        wake.wait(min(max(left, 0.0), self._LONGEST))


class ManualClock(SystemClock):
    """Time that stands still until a test moves it."""

    def __init__(self, start: float = 1_767_225_600.0) -> None:  # 2026-01-01 00:00 UTC
        self._now = start
        self._lock = threading.Lock()
        self._waiting: list[tuple[threading.Event, float]] = []

    def now(self) -> float:
        """The time as it was last set."""
        with self._lock:
            return self._now

    def wait(self, wake: threading.Event, until: float | None) -> None:
        """Return when `wake` is set or the clock is moved to `until` or beyond."""
        with self._lock:
            if until is not None:
                if self._now >= until:
                    return
                self._waiting.append((wake, until))
        wake.wait()

    def set(self, moment: float) -> None:
        """Move the time forward to `moment` and wake whoever waits for it."""
        with self._lock:
            if moment < self._now:
                raise ValueError("time only moves forward")
            self._now = moment
            due = [wake for wake, until in self._waiting if until <= moment]
            self._waiting = [item for item in self._waiting if item[1] > moment]
        for wake in due:
            wake.set()

    def advance(self, seconds: float) -> None:
        """Move the time forward by `seconds`."""
        self.set(self.now() + seconds)
