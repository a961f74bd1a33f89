"""The readings of one attempt: both labels, ever less often, for no longer than there is time."""

import contextlib
import random
import time
from collections.abc import Callable
from threading import Event, Thread

from rotating.cache import Cache
from rotating.errors import RotatingError
from rotating.version import Version

_FIRST_PAUSE_SECONDS = 0.25
_LAST_PAUSE_SECONDS = 2.0
# What other threads have read so lately need not be read again.
_LATELY_SECONDS = 1.0
# Nobody waits longer for AWS's answer without looking what else there is to do.
_PATIENCE_SECONDS = 1.0


class Looks:
    """pending: what was found under AWSPENDING.

    is_news: whether a version is not seen yet; found: called as a reading ends that nobody awaits.
    """

    def __init__(
        self,
        cache: Cache,
        is_news: Callable[[Version | None], bool],
        found: Callable[[], None],
    ) -> None:
        self.pending: Version | None = None
        self._cache = cache
        self._is_news = is_news
        self._found = found
        self._is_over: Event | None = None  # of the reading that is under way, or not looked at
        self._is_awaited = False
        self._pause = _FIRST_PAUSE_SECONDS
        self._at = 0.0
        self._since = time.monotonic() - _LATELY_SECONDS

    @property
    def seconds(self) -> float:
        """Until the next look is due; while AWS is asked, `found` may be called before."""
        if self._is_over is None:
            return max(self._at - time.monotonic(), 0.0)
        return 0.0 if self._is_over.is_set() else _PATIENCE_SECONDS

    def renew(self) -> None:
        """What was read before now is of no more use."""
        self._at, self._since = 0.0, time.monotonic()

    def find(self) -> bool:
        """Whether there is a version not seen yet; AWS is asked in a thread, which may go on."""
        now = time.monotonic()
        if self._is_over is None:
            self._is_over = is_over = Event()
            self._is_awaited = True
            reading = Thread(target=self._read, args=(self._since, is_over), daemon=True)
            try:
                reading.start()
            except RuntimeError:  # no more threads: asked again
                is_over.set()
            is_over.wait(_PATIENCE_SECONDS)
            self._is_awaited = False
        if not self._is_over.is_set():
            return False
        self._is_over = None
        if self._is_news(self._cache.known):
            return True
        pause = self._pause * random.uniform(0.75, 1.25)  # noqa: S311 - nothing secret
        self._pause = min(self._pause * 1.5, _LAST_PAUSE_SECONDS)
        self._at = time.monotonic() + pause
        self._since = now + pause / 2  # another thread's look in between will do
        return self._is_news(self.pending)

    def _read(self, since: float, is_over: Event) -> None:
        """Read AWSCURRENT, and if that is no news AWSPENDING."""
        try:
            with contextlib.suppress(RotatingError):  # asked again, until the time is over
                if not self._is_news(self._cache.read(since)):
                    self.pending = self._cache.pending(since)
        finally:
            is_over.set()
            if not self._is_awaited:
                self._found()
