"""Secret: one secret, as an application uses it."""

import logging
import os
import time
import weakref
from collections.abc import Awaitable, Callable
from threading import Lock
from typing import TypeVar

from botocore.client import BaseClient

from rotating.attempt import Attempt
from rotating.cache import Cache
from rotating.lifetime import Lifetime
from rotating.rejections import is_rejection
from rotating.sdk import Sdk
from rotating.source import Source
from rotating.verdicts import Verdicts
from rotating.version import Version

LOG = logging.getLogger("rotating")
T = TypeVar("T")
Hook = Callable[[Version], object]
# Servers that lock users out begin at three refusals or more.
LOGINS_AT_ONCE = 2
# Targets whose verdicts are kept; more are none of an application's that uses one secret.
_MOST_TARGETS = 100
_SECRETS: "weakref.WeakSet[Secret]" = weakref.WeakSet()


class Secret:
    """One secret, cached, for all threads and tasks of a process: make one, and keep it.

    name: or the ARN. source: where it is read, in place of the SDK; client: of boto3 or botocore,
    for the SDK. lifetime_seconds: for which a value is used without asking again; wait_seconds:
    for which `attempt` waits, from the first rejection, for a credential that works.
    """

    def __init__(
        self,
        name: str,
        *,
        client: BaseClient | None = None,
        source: Source | None = None,
        lifetime_seconds: float = 300.0,
        wait_seconds: float = 30.0,
    ) -> None:
        self.name = name
        self._wait_seconds = wait_seconds
        self._hooks: list[list[Hook]] = []
        self._told: bytes | None = None
        self._start(source or Sdk(name, client), Lifetime(lifetime_seconds))
        _SECRETS.add(self)

    def _start(self, source: Source, lifetime: Lifetime) -> None:
        """With nothing known, and no lock that a thread of another process may hold."""
        self._cache = Cache(source, lifetime, self._moved, self._tell)
        self._verdicts: dict[str, Verdicts] = {}
        self._targets = Lock()

    def current(self) -> Version:
        """The version to use now: AWSCURRENT's, or what works in its place during a rotation.

        Raises Unavailable, Denied, Absent where it was never read; later, what was read serves on.
        """
        return self._preferred(self._cache.current())

    def refresh(self) -> Version:
        """AWSCURRENT's version, read now; raises Unavailable, Denied, Absent."""
        return self._cache.read(time.monotonic())

    @property
    def stale_seconds(self) -> float:
        """The age of a value that serves on, as it could not be read anew; 0 where it could."""
        return self._cache.stale_seconds

    def on_change(self, hook: Hook) -> Callable[[], None]:
        """Have it called with each version that takes the place of the one in use.

        In the thread that finds out. What it raises is logged by its kind, and goes no further.
        Gives what takes it back.
        """
        entry = [hook]  # the same function may be given twice
        self._hooks.append(entry)
        return lambda: self._hooks.remove(entry) if entry in self._hooks else None

    def begin(self, *, at_once: int | None = None, target: str = "") -> Attempt:
        """For who cannot be called back: ask it what to try, and tell it what came of it."""
        with self._targets:
            verdicts = self._verdicts.pop(target, None) or Verdicts()
            self._verdicts[target] = verdicts  # the one used last stands last
            if len(self._verdicts) > _MOST_TARGETS:
                del self._verdicts[next(iter(self._verdicts))]
        return Attempt(self._cache, verdicts, self._wait_seconds, self._works, at_once)

    def attempt(
        self,
        use: Callable[[Version], T],
        *,
        rejected: Callable[[Exception], bool] = is_rejection,
        at_once: int | None = None,
        target: str = "",
    ) -> T:
        """Use the secret; where the target rejects the credential, find the one that works.

        use: called with a version, once or several times, such as to log in with it; rejected:
        whether what it raised is the target's rejection of the credential, and of nothing else.
        at_once: so many at most; LOGINS_AT_ONCE for what only logs in, as all that are under way
        when a password changes are rejected together, and servers count them.
        target: where it is used, in whichever words, if that is at several places: what one of them
        rejects may be right for another.
        Whatever else `use` raises goes on as it is. In the end the driver's own last rejection is
        raised, with a note of what was tried.
        """
        attempt = self.begin(at_once=at_once, target=target)
        while (version := attempt.next()) is not None:
            with attempt.trying(version, rejected):
                return use(version)
        raise attempt.error

    async def attempt_async(
        self,
        use: Callable[[Version], Awaitable[T]],
        *,
        rejected: Callable[[Exception], bool] = is_rejection,
        at_once: int | None = None,
        target: str = "",
    ) -> T:
        """As `attempt`, for tasks."""
        attempt = self.begin(at_once=at_once, target=target)
        while (version := await attempt.next_async()) is not None:
            with attempt.trying(version, rejected):
                return await use(version)
        raise attempt.error

    def _preferred(self, current: Version) -> Version:
        known = self._of_targets()
        if any(verdicts.works(current) for verdicts in known):
            return current
        for verdicts in known:
            accepted = verdicts.accepted
            if accepted is None or not verdicts.is_refused(current):
                continue
            if not verdicts.is_refused(accepted):
                return accepted
        return current

    def _of_targets(self) -> list[Verdicts]:
        with self._targets:
            return list(self._verdicts.values())

    def _moved(self, version: Version) -> None:
        for verdicts in self._of_targets():
            accepted = verdicts.accepted
            # One that has worked as AWSPENDING was rejected later, if it was: by another rotation.
            if accepted is None or accepted.fingerprint != version.fingerprint:
                verdicts.forgive(version)

    def _works(self, version: Version) -> None:
        known = self._cache.known
        if version.fingerprint != self._told and known is not None:
            self._tell(self._preferred(known))

    def _tell(self, version: Version) -> None:
        """Call the hooks, where it is another value than the last one told of."""
        told, self._told = self._told, version.fingerprint
        if told in (None, version.fingerprint):
            return
        for (hook,) in tuple(self._hooks):
            try:
                hook(version)
            except Exception as error:  # noqa: BLE001 - a login must not fail of it
                LOG.error("a hook on '%s' has failed: %s", self.name, type(error).__name__)  # noqa: TRY400 - a traceback may show values

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"

    def after_fork(self) -> None:
        """In the child, where the parent's threads are not, and what they have locked stays so."""
        source = self._cache.source
        if isinstance(source, Sdk):
            source.after_fork()
        self._start(source, self._cache.lifetime)


def _after_fork() -> None:
    for secret in tuple(_SECRETS):
        secret.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
