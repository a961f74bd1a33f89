"""Which version to try next, after the target has rejected one; never more often than is safe."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from rotating.cache import Cache
from rotating.errors import MalformedSecret
from rotating.looks import Looks
from rotating.verdicts import Verdicts
from rotating.version import Version

_SLICE_SECONDS = 0.05


class Attempt:
    """One use of a secret: ask for `next`, try it, and tell what came of it.

    First what is known to be current. If that is rejected: AWSCURRENT as it is now; AWSPENDING,
    which a rotation in the middle has given the target already; then, until `wait_seconds` after
    the first rejection, whatever the two labels move to.
    """

    def __init__(
        self,
        cache: Cache,
        verdicts: Verdicts,
        wait_seconds: float,
        works: Callable[[Version], None],
        at_once: int | None = None,
    ) -> None:
        self._cache = cache
        self._verdicts = verdicts
        self._wait_seconds = wait_seconds
        self._works = works
        self._at_once = at_once
        self._began = 0.0
        self._deadline: float | None = None
        self._patient_until: float | None = None
        self._looks = Looks(cache, self._is_news, verdicts.stir)
        self._passed: set[bytes] = set()
        self._seen: dict[bytes, Version] = {}
        self._tried: list[str] = []
        self._error: Exception | None = None
        self._others_error: Exception | None = None

    def next(self) -> Version | None:
        """The version to try now; None where there is no more to try, and `error` tells why.

        Raises Unavailable, Denied, Absent where the secret was never read.
        """
        while True:
            news = self._verdicts.news
            step = self._step()
            if not isinstance(step, float):
                return step
            self._verdicts.wait(news, step)

    async def next_async(self) -> Version | None:
        """The same for a task; what may block is done in a thread."""
        while True:
            news = self._verdicts.news
            step = self._known() if self._cache.is_fresh else None
            if step is None:
                step = await self._step_async()
            if not isinstance(step, float):
                return step
            until = time.monotonic() + step
            while self._verdicts.news == news and time.monotonic() < until:  # noqa: ASYNC110 - of threads
                await asyncio.sleep(min(step, _SLICE_SECONDS))

    async def _step_async(self) -> Version | float | None:
        # Not in the loop's own threads: all that wait for AWS would leave none to the application.
        try:
            stepping = self._cache.threads.submit(self._step)
        except RuntimeError:  # no more threads, or the process ends
            return self._step()
        try:
            return await asyncio.shield(asyncio.wrap_future(stepping))
        except asyncio.CancelledError:  # what a thread finds that has begun, nobody tries
            if not stepping.cancel():
                stepping.add_done_callback(self._abandon)
            raise

    def _abandon(self, stepped: "Future[Version | float | None]") -> None:
        if stepped.cancelled() or stepped.exception() is not None:
            return
        if isinstance(version := stepped.result(), Version):
            self.left(version)

    @contextlib.contextmanager
    def trying(self, version: Version, rejected: Callable[[Exception], bool]) -> Iterator[None]:
        """Tell what comes of the block: a rejection ends here, whatever else it raises goes on."""
        is_told = has_failed = False
        try:
            yield
            self.accepted(version)
            is_told = True
        except Exception as error:
            if is_told:
                raise
            if rejected(error):
                is_told = True
                self.rejected(version, error)
            else:
                has_failed = True
                if not self.passes_over(version, error):
                    raise
        finally:
            if not is_told:
                self.left(version, failed=has_failed)

    def accepted(self, version: Version) -> None:
        """It works."""
        self._verdicts.accept(version, self._began)
        self._works(version)

    def rejected(self, version: Version, error: Exception) -> None:
        """The target has rejected it, with this."""
        self._error = error
        self._tried.append(self._named(version))
        self._verdicts.refuse(version, self._began, error)
        if self._deadline is None:
            self._deadline = time.monotonic() + self._wait_seconds
        self._looks.renew()

    def left(self, version: Version, *, failed: bool = False) -> None:
        """It was tried, or was not, and nothing is known of it.

        failed: by something else than a rejection, so that of AWSPENDING and what is current the
        latter goes first again.
        """
        is_aside = failed and self._is_pending(version) and not self._is_current(version)
        self._verdicts.leave(version, self._began, is_aside=is_aside)

    def passes_over(self, version: Version, error: BaseException) -> bool:
        """Whether this is AWSPENDING's, and not of the form of which the current one is.

        Nobody has asked for it, so it is left, and what the current one was told is raised.
        """
        if not isinstance(error, MalformedSecret) or not self._is_pending(version):
            return False
        if self._is_current(version) or version.fingerprint in self._passed:
            return False
        self._passed.add(version.fingerprint)
        return True

    def is_unproven(self, version: Version) -> bool:
        """Whether it has not worked yet, or not when it was last tried."""
        return not self._verdicts.works(version)

    def is_in_doubt(self, version: Version) -> bool:
        """Whether it was rejected when last tried, or is AWSPENDING's; one at a time tries it."""
        return self._is_pending(version) or self._verdicts.is_refused(version)

    @property
    def error(self) -> Exception:
        """What the target said last; a note on it says what was tried.

        Where that was to another thread, a copy: each has a traceback of its own.
        """
        error = self._error or self._others_error
        if error is None:
            raise RuntimeError("nothing was rejected")
        if self._tried:
            error.add_note(f"rotating: rejected were {', then '.join(self._tried)}")
        return error

    def _step(self) -> Version | float | None:
        """A version to try, seconds to wait, or None."""
        if (known := self._known()) is not None:
            return known
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + self._wait_seconds
        if not self._looks.seconds and self._looks.find():
            return 0.0
        delays = [self._wait_seconds]
        likeliest, *others = self._candidates()
        for candidate in sorted((likeliest, *reversed(others)), key=self._turn):
            delay = self._begin(candidate)
            if delay == 0:
                return candidate
            delays.append(delay)
        left = self._deadline - time.monotonic()
        if left <= 0 or self._verdicts.is_hopeless(self._seen.values()):
            return self._given_up()
        return min(left, *delays, self._looks.seconds)

    def _given_up(self) -> float | None:
        """None; a moment where what the others were told has just been overtaken by a login."""
        self._others_error = self._verdicts.error_of(self._seen.values())
        if self._error is None and self._others_error is None:
            return _SLICE_SECONDS
        self._verdicts.give_up(self._seen.values())
        return None

    def _known(self) -> Version | float | None:
        """The first version that was not rejected, or the seconds that it may be on trial still.

        AWSPENDING is for when all else was rejected: until setSecret the target rejects that too.
        """
        for candidate in self._candidates():
            self._seen[candidate.fingerprint] = candidate
            if self._verdicts.is_refused(candidate) or self._verdicts.is_aside(candidate):
                continue  # the labels are looked at before it is tried again
            delay = self._begin(candidate)
            if delay == 0:
                return candidate
            self._patient_until = self._patient_until or self._began + min(
                delay, self._wait_seconds
            )
            left = self._patient_until - self._began
            return left if left > 0 else delay
        self._patient_until = None
        return None

    def _begin(self, candidate: Version) -> float:
        self._began = time.monotonic()
        is_patient = self._patient_until is None or self._began < self._patient_until
        return self._verdicts.begin(candidate, self._began, self._at_once, is_patient=is_patient)

    def _candidates(self) -> Iterator[Version]:
        """What may be right, the likeliest first."""
        current, accepted = self._cache.current(), self._verdicts.accepted
        if accepted is not None and self._verdicts.is_refused(current):
            yield accepted
        yield current
        pending = self._looks.pending
        if pending is not None and pending.fingerprint not in self._passed:
            yield pending

    def _turn(self, version: Version) -> int:
        """What was rejected, or failed, less often goes first."""
        return max(self._verdicts.refusals(version), int(self._verdicts.is_aside(version)))

    def _is_pending(self, version: Version) -> bool:
        pending = self._looks.pending
        return pending is not None and pending.fingerprint == version.fingerprint

    def _is_news(self, version: Version | None) -> bool:
        return version is not None and version.fingerprint not in self._seen

    def _named(self, version: Version) -> str:
        if self._is_pending(version):
            return f"AWSPENDING ({version.id})"
        label = "AWSCURRENT" if self._is_current(version) else "what has worked before"
        return f"{label} ({version.id})"

    def _is_current(self, version: Version) -> bool:
        known = self._cache.known
        return known is not None and known.fingerprint == version.fingerprint
