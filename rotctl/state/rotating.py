"""One secret of many that are rotated: whether it is to be, and what becomes of it.

A rotation that is under way is waited for as one of the run's own; a stuck one is left alone.
"""

from dataclasses import dataclass
from datetime import datetime

from rotctl import clock
from rotctl.aws import secrets
from rotctl.aws.functions import Functions
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.fleet import Report, Result
from rotctl.state.following import End, Ending, Follower, Watched
from rotctl.state.standing import State, is_open
from rotctl.state.starting import start
from rotctl.state.unfinished import unfinished


@dataclass
class Rotating:
    """How a run goes: `since` is when it, or the run that it goes on from, began.

    any_time: rotate outside of windows too; follower: None to wait for none.
    """

    aws: Aws
    since: datetime
    any_time: bool
    follower: Follower | None

    def __post_init__(self) -> None:
        self._functions = Functions(self.aws)

    def shut(self, secret: Secret) -> bool:
        """Whether it is left out, as its window is not open."""
        is_begun = self._is_done(secret) or labels.pending(secret.labels) is not None
        return not (self.any_time or is_begun or is_open(secret, clock.now()))

    def rotate(self, listed: Secret) -> Report:
        """What became of it; raises Trouble."""
        if self.shut(listed):
            return _shut(listed)
        # As it is now: the list may be minutes old.
        secret = secrets.described(self.aws, listed.arn)
        if self._is_done(secret):
            return Report(secret, Result.BEFORE)
        if self.shut(secret):
            return _shut(secret)
        pending = labels.pending(secret.labels)
        if pending is None:
            watched = start(self.aws, self._functions, secret, test=False).watched
        else:
            function, now = self._functions[secret.function], self.aws.now
            where = unfinished(self.aws, secret, function, clock.now())
            if where.state is not State.ROTATING:
                return Report(secret, Result.BUSY, where.words(), pending, where.progress)
            watched = Watched(secret, function, pending, now)
        if self.follower is None:
            return Report(secret, Result.BEGUN, version=watched.version)
        return ended(watched, self.follower.follow(watched))

    def _is_done(self, secret: Secret) -> bool:
        return secret.last is not None and secret.last >= self.since


def ended(watched: Watched, ending: Ending) -> Report:
    """The report of a rotation that was followed."""
    result = {End.DONE: Result.ROTATED, End.UNFINISHED: Result.OPEN}.get(ending.end, Result.FAILED)
    seen = ending.progress
    why = "it is over, and no line of the function says how" if ending.end is End.UNKNOWN else ""
    return Report(watched.secret, result, seen.message or why, watched.version, seen)


def _shut(secret: Secret) -> Report:
    return Report(secret, Result.SHUT, f"the next one ends at {secret.next:%Y-%m-%d %H:%M} UTC")
