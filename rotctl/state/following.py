"""One rotation or test as it goes: by the secret's labels, and by the lines of its steps."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rotctl.aws import logs, secrets
from rotctl.aws.functions import Function
from rotctl.aws.logs import StepLine
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.attempt import NO_PROGRESS, Progress, progress
from rotctl.state.unfinished import LOGS_RIGHT
from rotctl.trouble import Denied, Passing

# Between two looks, each longer than the one before: a rotation takes a second, or minutes.
_FIRST, _GROWTH, _LONGEST = 0.25, 1.4, 4.0
# Once the labels say that all is over: how many seconds a line may take to be found in CloudWatch
# Logs, and Secrets Manager to end the rotation.
_LATE = 15.0

# What a function says last of a rotation that no attempt can end.
_GIVING_UP = "; if every attempt ends so, "


class End(StrEnum):
    """How it ended, or that it has not."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNFINISHED = "not ended yet"


@dataclass(frozen=True, slots=True)
class Ending:
    """The end; progress: of a failure, what the function said of it."""

    end: End
    progress: Progress = NO_PROGRESS


@dataclass(frozen=True, slots=True)
class Watched:
    """What is followed: the version that a rotation or a test has, since `began`.

    before: how many steps of the version had ended since then when this was begun.
    """

    secret: Secret
    function: Function
    version: str
    began: datetime
    test: bool = False
    before: int = 0


@dataclass
class Follower:
    """Looks until it has ended, `limit` seconds have gone or `stop` is set; `tell` gets each line.

    A failure that another attempt may mend is waited for; any other ends it. An error of AWS's own
    that passes is told once, and looked past.
    """

    aws: Aws
    limit: float
    tell: Callable[[str], None]
    stop: threading.Event

    def follow(self, watched: Watched) -> Ending:
        """How it ended; raises Trouble."""
        shown: Mapping[str, str] = watched.secret.labels
        steps = _Steps(self.aws, watched, self.tell)
        over_since: float | None = None
        passed: set[str] = set()
        for moment in self._looks():
            try:
                secret = secrets.described(self.aws, watched.secret.arn)
                for text in labels.told(shown, secret.labels):
                    self.tell(text)
                shown = secret.labels
                ending = _ending(watched, shown, steps.read())
            except Passing as passing:
                if passing.what not in passed:
                    self.tell(f"{passing.what}; looking again")
                passed.add(passing.what)
                continue
            if ending is None:
                continue
            over_since = over_since or moment
            if moment - over_since > _LATE or _is_settled(ending, watched, secret, steps):
                return ending
        return Ending(End.UNFINISHED, steps.progress)

    def _looks(self) -> Iterator[float]:
        """The moment of each look, in seconds."""
        ends = time.monotonic() + self.limit
        pause = _FIRST
        while (moment := time.monotonic()) < ends and not self.stop.is_set():
            yield moment
            self.stop.wait(min(pause, ends - moment))
            pause = min(pause * _GROWTH, _LONGEST)


class _Steps:
    """The steps that have ended, each told once; no `group` where the caller may not read them."""

    def __init__(self, aws: Aws, watched: Watched, tell: Callable[[str], None]) -> None:
        self._aws, self._watched, self._tell = aws, watched, tell
        self._told = 0
        self.progress = NO_PROGRESS
        self.group = watched.function.log_group

    def read(self) -> Progress:
        """How far it has come by now."""
        if not self.group:
            return NO_PROGRESS
        version, began = self._watched.version, self._watched.began
        try:
            lines = logs.of_version(self._aws, self.group, version, began)[self._watched.before :]
        except Denied:
            self._tell(f"the steps cannot be shown: you lack the right {LOGS_RIGHT}")
            self.group = ""
            return NO_PROGRESS
        for line in lines[self._told :]:
            self._tell(_said(line))
        self._told = len(lines)
        self.progress = progress(lines)
        return self.progress


def _ending(watched: Watched, now: Mapping[str, str], seen: Progress) -> Ending | None:
    """None while it goes on; unknown while only the labels say that it is over."""
    is_pending = labels.pending(now) == watched.version
    if watched.test:
        if seen.attempts:
            # A test leaves nothing behind that could be given up.
            seen = replace(seen, message=seen.message.partition(_GIVING_UP)[0])
            return Ending(End.FAILED if seen.code else End.DONE, seen)
        return None if is_pending else Ending(End.UNKNOWN)
    if labels.is_current(now, watched.version):
        return Ending(End.DONE)
    if seen.code and (not seen.retryable or not is_pending):
        return Ending(End.FAILED, seen)
    if is_pending:
        return None
    # Somebody stored another value, took the label off, or the reason is not in the logs yet.
    return Ending(End.UNKNOWN)


def _is_settled(ending: Ending, watched: Watched, secret: Secret, steps: _Steps) -> bool:
    """Whether nothing more is to come: the reason, the rotation's date, the end of a test."""
    if ending.end is End.UNKNOWN:
        return not steps.group
    if watched.test:
        return labels.pending(secret.labels) != watched.version
    return ending.end is not End.DONE or secret.last != watched.secret.last


def _said(line: StepLine) -> str:
    return f"{line.step} failed, {line.code}: {line.message}" if line.code else f"{line.step} done"
