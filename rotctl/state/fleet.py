"""Many secrets, some at a time; interrupted, no other one is begun."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from enum import StrEnum

from rotctl.aws.secrets import Secret
from rotctl.state.attempt import NO_PROGRESS, Progress
from rotctl.trouble import Trouble


class Result(StrEnum):
    """What became of one secret, in the order of the report."""

    ROTATED = "rotated"
    ATTACHED = "attached"
    MOVED = "moved"
    BACK = "put-back"
    BEGUN = "begun"
    BEFORE = "rotated-before"
    SAME = "attached-before"
    SHUT = "outside-window"
    BUSY = "busy"
    KEPT = "left-alone"
    OPEN = "not-ended"
    LEFT = "not-begun"
    FAILED = "failed"

    @property
    def is_good(self) -> bool:
        """Whether nothing is left to do."""
        return self in _GOOD

    @property
    def words(self) -> str:
        """As a person reads it."""
        return _WORDS.get(self, str(self))


_GOOD = frozenset(
    (
        Result.ROTATED,
        Result.ATTACHED,
        Result.MOVED,
        Result.BEGUN,
        Result.BEFORE,
        Result.SAME,
    )
)
_WORDS = {
    Result.BACK: "put back",
    Result.SAME: "attached already",
    Result.KEPT: "left alone",
    Result.BEFORE: "rotated already since the run began",
    Result.SHUT: "left out, as no window is open",
    Result.BUSY: "not begun, as one before has not ended",
    Result.OPEN: "not ended yet",
    Result.LEFT: "not begun",
}


@dataclass(frozen=True, slots=True)
class Report:
    """One secret's result, and why if it is not a good one; progress: of a step that failed."""

    secret: Secret
    result: Result
    why: str = ""
    version: str = ""
    progress: Progress = NO_PROGRESS


@dataclass
class Fleet:
    """stop: set once the run is interrupted."""

    at_once: int
    stop: threading.Event = field(default_factory=threading.Event)

    def run(
        self,
        found: Iterable[Secret],
        work: Callable[[Secret], Report],
        tell: Callable[[Report], None],
    ) -> list[Report]:
        """Each secret's report, and told as it comes; work may raise Trouble."""
        with ThreadPoolExecutor(self.at_once) as pool:
            running = {pool.submit(self._one, work, each): each for each in found}
            try:
                for done in as_completed(running):
                    tell(done.result())
            except BaseException as error:
                self.stop.set()
                pool.shutdown(cancel_futures=True)
                if not isinstance(error, KeyboardInterrupt):
                    raise
        return [
            Report(secret, Result.LEFT) if future.cancelled() else future.result()
            for future, secret in running.items()
        ]

    def _one(self, work: Callable[[Secret], Report], secret: Secret) -> Report:
        if self.stop.is_set():
            return Report(secret, Result.LEFT)
        try:
            return work(secret)
        except Trouble as trouble:
            return Report(secret, Result.FAILED, str(trouble))
