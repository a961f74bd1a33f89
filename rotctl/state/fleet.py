"""Many secrets rotated, some at a time; what is rotating, or was rotated meanwhile, is not begun.

A rotation that is under way is waited for as one of the run's own; a stuck one is left alone.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rotctl import clock
from rotctl.aws import secrets
from rotctl.aws.functions import Functions
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.following import End, Follower, Watched
from rotctl.state.parallel import in_parallel
from rotctl.state.standing import State
from rotctl.state.starting import start
from rotctl.state.survey import unfinished
from rotctl.trouble import Trouble


class Result(StrEnum):
    """What became of one secret, in the order of the report."""

    ROTATED = "rotated"
    STARTED = "started"
    BEFORE = "rotated already since the run began"
    BUSY = "not begun, as one before has not ended"
    LEFT = "not begun"
    FAILED = "failed"

    @property
    def is_good(self) -> bool:
        """Whether nothing is left to do."""
        return self in _GOOD


_GOOD = frozenset((Result.ROTATED, Result.STARTED, Result.BEFORE))


@dataclass(frozen=True, slots=True)
class Report:
    """One secret's result, and why if it is not a good one."""

    secret: Secret
    result: Result
    why: str = ""


@dataclass
class Fleet:
    """How a run goes: `since` is when it, or the run that it goes on from, began.

    limit: seconds for each; 0 to begin them and wait for none.
    """

    aws: Aws
    since: datetime
    at_once: int
    limit: float

    def __post_init__(self) -> None:
        self._functions = Functions(self.aws)
        self._stop = threading.Event()

    def rotate(self, found: Iterable[Secret]) -> Iterator[Report]:
        """Each secret's report as it comes; interrupted, no other one is begun."""
        return in_parallel(self._one, found, self.at_once, self._stop)

    def _one(self, listed: Secret) -> Report:
        if self._stop.is_set():
            return Report(listed, Result.LEFT)
        try:
            # As it is now: the list may be minutes old.
            return self._rotate(secrets.described(self.aws, listed.arn))
        except Trouble as trouble:
            return Report(listed, Result.FAILED, str(trouble))

    def _rotate(self, secret: Secret) -> Report:
        if secret.last is not None and secret.last >= self.since:
            return Report(secret, Result.BEFORE)
        pending = labels.pending(secret.labels)
        if pending is None:
            watched = start(self.aws, self._functions, secret, test=False).watched
        else:
            function, now = self._functions[secret.function], self.aws.now
            where = unfinished(self.aws, secret, function, pending, clock.now())
            if where.state is not State.ROTATING:
                return Report(secret, Result.BUSY, where.words())
            watched = Watched(secret, function, pending, now)
        if not self.limit:
            return Report(secret, Result.STARTED)
        follower = Follower(self.aws, self.limit, lambda _text: None, self._stop)
        ending = follower.follow(watched)
        if ending.end is End.DONE:
            return Report(secret, Result.ROTATED)
        return Report(secret, Result.FAILED, ending.progress.message or str(ending.end))
