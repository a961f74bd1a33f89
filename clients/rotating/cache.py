"""What was last read of a secret, and when it is read again."""

import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event, Lock, Thread

from rotating.errors import Absent, Denied, RotatingError, Unavailable
from rotating.label import Label, Outcome
from rotating.lifetime import Lifetime
from rotating.source import CURRENT, PENDING, Source
from rotating.version import Version

LOG = logging.getLogger("rotating")
# For a value that is known already nobody waits longer.
_PATIENCE_SECONDS = 1.0
_FIRST_RETRY_SECONDS = 5.0
_LAST_RETRY_SECONDS = 60.0
_MOST_DOUBLINGS = 10
# That wait for AWS at the same time, each in a thread.
_MOST_TASKS = 64
# A right may be given while the process runs.
_DENIED_SECONDS = 300.0


class Cache:
    """The versions of one secret; a value that cannot be read anew serves on.

    moved: called once AWSCURRENT is seen on another value than before, and at the first, before any
    thread gets it; told: the same, but after that, as it may take its time.
    threads: for tasks, where what they ask may block.
    """

    def __init__(
        self,
        source: Source,
        lifetime: Lifetime,
        moved: Callable[[Version], None],
        told: Callable[[Version], None],
    ) -> None:
        self.source = source
        self.lifetime = lifetime
        self._moved = moved
        self._told = told
        self.threads = ThreadPoolExecutor(_MOST_TASKS, thread_name_prefix="rotating")
        self._current = Label(source, CURRENT, self._take)
        self._pending = Label(source, PENDING, self._take_pending)
        self._refreshing = Lock()
        self._moves: deque[Version] = deque()
        self._version: Version | None = None
        self._read_at = 0.0
        self._until = 0.0
        self._failures = 0
        self._no_pending_until = 0.0
        self._next_rotation: datetime | None = None
        self._ask_next_at = 0.0

    @property
    def is_fresh(self) -> bool:
        """Whether `current` answers from memory."""
        return self._version is not None and time.monotonic() < self._until

    @property
    def known(self) -> Version | None:
        """AWSCURRENT's, as last read."""
        return self._version

    @property
    def stale_seconds(self) -> float:
        """The age of a value that could not be read anew; 0 where it could."""
        is_stale = self._failures > 0 and self._version is not None
        return time.monotonic() - self._read_at if is_stale else 0.0

    def current(self) -> Version:
        """AWSCURRENT's, as known; read first where its life is over, once for all threads.

        Raises only where nothing was ever read. The caller waits a moment for what is read anew.
        """
        if self._version is None:
            return self.read(time.monotonic())
        if time.monotonic() >= self._until and self._refreshing.acquire(blocking=False):
            is_read = Event()
            try:
                Thread(target=self._refresh, args=(is_read,), daemon=True).start()
            except RuntimeError:
                self._refreshing.release()
                self._fail(Unavailable("no thread can be started to read it"))
            else:
                is_read.wait(_PATIENCE_SECONDS)
        return self._version

    def read(self, since: float) -> Version:
        """AWSCURRENT's, as it was at `since` or later; raises as the source."""
        is_first = self._version is None
        version = self._current.read(since)
        if is_first:
            with contextlib.suppress(RuntimeError):  # no more threads: at the next reading
                Thread(target=self._learn_next_rotation, daemon=True).start()
        with contextlib.suppress(IndexError):  # another thread tells of it
            while self._moves:
                self._told(self._moves.popleft())
        return version

    def _refresh(self, is_read: Event) -> None:
        """In a thread, since AWS may hang for as long as the source allows."""
        try:
            with contextlib.suppress(RotatingError):  # told by `_fail`
                self.read(time.monotonic())
                is_read.set()
                self._learn_next_rotation()
        finally:
            is_read.set()
            self._refreshing.release()

    def pending(self, since: float) -> Version | None:
        """AWSPENDING's, likewise; None where there is none, or it cannot be read."""
        if time.monotonic() < self._no_pending_until:
            return None
        try:
            return self._pending.read(since)
        except RotatingError:
            return None

    def _take(self, outcome: Outcome) -> None:
        if isinstance(outcome, RotatingError):
            self._fail(outcome)
            return
        if self._failures:
            LOG.info("the secret '%s' can be read again", self.source.name)
        is_other = self._version is None or self._version.fingerprint != outcome.fingerprint
        self._version, self._failures, self._read_at = outcome, 0, time.monotonic()
        self._until = self._read_at + self.lifetime.drawn(self._next_rotation)
        if is_other:
            self._moved(outcome)
            self._moves.append(outcome)
            self._ask_next_at = min(self._ask_next_at, self._read_at)

    def _fail(self, error: RotatingError) -> None:
        self._failures += 1
        doubled = min(self._failures - 1, _MOST_DOUBLINGS)  # an outage may last for days
        longest = min(_FIRST_RETRY_SECONDS * 2**doubled, _LAST_RETRY_SECONDS)
        self._until = time.monotonic() + longest * random.uniform(0.5, 1)  # noqa: S311 - no secret
        if self._version is not None and self._failures == 1:
            LOG.warning("the known value of '%s' serves on: %s", self.source.name, error)

    def _take_pending(self, outcome: Outcome) -> None:
        if isinstance(outcome, Denied):
            self._no_pending_until = time.monotonic() + _DENIED_SECONDS

    def _learn_next_rotation(self) -> None:
        """Asked anew once it may have changed; not at all where it may not be asked."""
        now, date = time.monotonic(), self._next_rotation
        if now < self._ask_next_at and (date is None or date > datetime.now(UTC)):
            return
        self._ask_next_at = now + self.lifetime.seconds
        try:
            self._next_rotation = self.source.next_rotation()
        except (Denied, Absent):
            self._ask_next_at = now + max(self.lifetime.seconds, _DENIED_SECONDS)
        except Exception:  # noqa: BLE001 - whatever a source raises: it is done without
            return
        self._until = min(self._until, now + self.lifetime.drawn(self._next_rotation))
