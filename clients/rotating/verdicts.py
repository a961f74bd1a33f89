"""What a target has said to each version: which works, and which may be tried again, and when."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from threading import Condition

from rotating.version import Version

# After the first rejection of each version one of them is tried again so much later, and again;
# once a minute in the end: servers lock users out by the number of refusals, whichever they are of.
_COOL_SECONDS = (5.0, 15.0, 30.0, 60.0)
_ASIDE_SECONDS = 5.0
# While one thread tries what has not worked yet, the others wait for what comes of it.
_TRIAL_SECONDS = 5.0
# More versions than these are not in use at a time.
_KEPT = 16


@dataclass(slots=True)
class _Standing:
    """Of one value, by the monotonic clock.

    began: of the login whose verdict counts, which is the one that began last; refused: rejections
    since it last worked; at: when the last one was known; under_way: when the uses began that have
    not ended; aside: until when it rests as a use of it failed by something else, if one has;
    is_left: whether the last one to end was without a verdict.
    """

    began: float = -float("inf")
    works: bool = False
    refused: int = 0
    at: float = 0.0
    error: Exception | None = None
    under_way: list[float] = field(default_factory=list)
    aside: float | None = None
    is_left: bool = False

    def free_at(self, now: float, at_once: int | None) -> float:
        """When it may be tried, for all that is under way or has failed; now, or later."""
        lately = [each for each in self.under_way if each > now - _TRIAL_SECONDS]
        is_full = at_once is not None and len(lately) >= at_once
        return max(self.aside or now, min(lately) + _TRIAL_SECONDS if is_full else now)

    def end(self, began: float) -> None:
        """The use that began then is over."""
        with suppress(ValueError):
            self.under_way.remove(began)


class Verdicts:
    """Shared by all threads and tasks that use one secret at one target.

    accepted: the version that began to work last; news: grows with each change.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._standings: dict[bytes, _Standing] = {}
        self._hopeless: frozenset[bytes] = frozenset()
        self._rounds = 0  # of rejections, since something last worked
        self._refused_at = 0.0
        self.accepted: Version | None = None
        self.news = 0

    def begin(
        self, version: Version, began: float, at_once: int | None, *, is_patient: bool
    ) -> float:
        """The seconds until it may be tried; with 0 the caller has to try it, and tell.

        began: now; at_once: at most so many uses of a version that works. One that has not worked
        yet is tried by one alone. is_patient: whether the others' uses are waited for; where uses
        are limited, one of what has not worked yet is in any case, or all would go at once, unless
        the one before has ended without a verdict: then nobody is there who counts.
        """
        with self._changed:
            standing = self._of(version)
            most = at_once if standing.works else 1
            is_strict = at_once is not None and not standing.works and not standing.is_left
            is_kept = is_patient or is_strict
            until = standing.free_at(began, most if is_kept else None)
            if standing.refused:
                cool = _COOL_SECONDS[min(max(self._rounds, 1), len(_COOL_SECONDS)) - 1]
                until = max(until, self._refused_at + cool, *self._trials(began))
            if until <= began:
                standing.under_way.append(began)
            return max(until - began, 0.0)

    def accept(self, version: Version, began: float) -> None:
        """It was accepted, at a login that began then."""
        with self._changed:
            standing = self._of(version)
            standing.end(began)
            if began >= standing.began:
                standing.began, standing.aside, self._rounds = began, None, 0
                standing.is_left = False
                if not standing.works:
                    standing.works, standing.refused, standing.error = True, 0, None
                    self.accepted, self._hopeless = version, frozenset()
            self._tell()

    def refuse(self, version: Version, began: float, error: Exception) -> None:
        """It was rejected."""
        with self._changed:
            standing = self._of(version)
            standing.end(began)
            if began >= standing.began:
                now = time.monotonic()
                # Logins that began before the first rejection was known count as one with it.
                if not standing.refused or began >= standing.at:
                    is_again = standing.refused > 0
                    standing.refused += 1
                    self._rounds = self._rounds + 1 if is_again else max(self._rounds, 1)
                    self._refused_at = now
                standing.began, standing.at = began, now
                standing.works, standing.error, standing.is_left = False, _bare(error), False
            self._tell()

    def leave(self, version: Version, began: float, *, is_aside: bool) -> None:
        """It was tried, and nothing is known, such as where the target could not be reached.

        is_aside: it rests for a while, unless it has worked.
        """
        with self._changed:
            standing = self._of(version)
            standing.end(began)
            standing.is_left = True
            if is_aside and not standing.works:
                standing.aside = time.monotonic() + _ASIDE_SECONDS
            self._tell()

    def forgive(self, version: Version) -> None:
        """Whatever was said before: it has become the current one meanwhile."""
        with self._changed:
            standing = self._of(version)
            standing.refused, standing.aside = 0, None
            self._hopeless = frozenset()
            self._tell()

    def is_refused(self, version: Version) -> bool:
        """Whether it was rejected when it was last tried."""
        return self.refusals(version) > 0

    def refusals(self, version: Version) -> int:
        """How often it was rejected since it last worked."""
        with self._changed:
            standing = self._standings.get(version.fingerprint)
            return 0 if standing is None else standing.refused

    def is_aside(self, version: Version) -> bool:
        """Whether it was set aside when it was last tried."""
        with self._changed:
            standing = self._standings.get(version.fingerprint)
            return standing is not None and standing.aside is not None

    def works(self, version: Version) -> bool:
        """Whether it was accepted when it was last tried."""
        with self._changed:
            standing = self._standings.get(version.fingerprint)
            return standing is not None and standing.works

    def error_of(self, versions: Iterable[Version]) -> Exception | None:
        """A copy of what the last of these was rejected with, in whichever thread."""
        with self._changed:
            known = [self._standings.get(each.fingerprint) for each in versions]
            told = [(each.at, each.error) for each in known if each is not None and each.error]
        return _bare(max(told, key=lambda each: each[0])[1]) if told else None

    def give_up(self, versions: Iterable[Version]) -> None:
        """It was waited for long enough, and there was no version but these."""
        with self._changed:
            self._hopeless = frozenset(each.fingerprint for each in versions)

    def is_hopeless(self, versions: Iterable[Version]) -> bool:
        """Whether it was waited for in vain, and there is none that there was not then."""
        return {each.fingerprint for each in versions} <= self._hopeless

    def stir(self) -> None:
        """Have all look again: it is known what AWS says."""
        with self._changed:
            self._tell()

    def wait(self, news: int, seconds: float) -> None:
        """Until there is more news than that, or for these seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.news != news, seconds)

    def _trials(self, now: float) -> Iterator[float]:
        """When the uses under way of what was rejected are given up: one of all is tried again."""
        for standing in tuple(self._standings.values()):
            lately = [each for each in standing.under_way if each > now - _TRIAL_SECONDS]
            if standing.refused and lately:
                yield max(lately) + _TRIAL_SECONDS

    def _of(self, version: Version) -> _Standing:
        standing = self._standings.pop(version.fingerprint, None) or _Standing()
        self._standings[version.fingerprint] = standing  # the last one used stands last
        while len(self._standings) > _KEPT:
            del self._standings[next(iter(self._standings))]
        return standing

    def _tell(self) -> None:
        self.news += 1
        self._changed.notify_all()


def _bare(error: Exception) -> Exception:
    """The same, without the frames that it went through, whose locals would be kept alive."""
    try:
        copied = copy(error)
    except Exception:  # noqa: BLE001 - some cannot be made anew
        copied = error
    copied.__context__ = copied.__cause__ = None
    return copied.with_traceback(None)
