"""What a secret knows of its rotation: how it is configured, and the one that has not ended."""

import threading
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from local.secrets_manager.journal import RunKind, State
from local.secrets_manager.schedule import Schedule, Window


@dataclass(slots=True)
class Rotation:
    """A rotation on its way: it keeps its version's id and its RotationToken over every attempt.

    wake: set to end a pause between attempts; again: RotateSecret asked for one more (fact 5).
    """

    version_id: str
    kind: RunKind
    token: str = field(default_factory=lambda: str(uuid.uuid4()), repr=False)
    wake: threading.Event = field(default_factory=threading.Event)
    running: bool = False
    again: bool = False
    stopped: State | Literal["closed"] | None = None

    def stop(self, why: State | Literal["closed"]) -> None:
        """Let no further step begin; the first reason stays."""
        self.stopped = self.stopped or why
        self.wake.set()


@dataclass(slots=True)
class RotationSettings:
    """What RotateSecret configured, and what came of it.

    days: AutomaticallyAfterDays as the last rotation has left it, beside a ScheduleExpression.
    """

    function: str | None = None
    enabled: bool = False
    schedule: Schedule | None = None
    window: Window | None = None
    last: float | None = None
    days: int | None = None

    def configure(self, function: str, schedule: Schedule | None) -> None:
        """Turn rotation on, with new rules or those from before."""
        self.function, self.enabled = function, True
        if schedule is not None:
            self.schedule, self.days = schedule, None

    def plan(self, now: float) -> None:
        """Choose the next window, if there are rules and rotation is on."""
        self.window = self.schedule.next(now) if self.schedule and self.enabled else None

    def rotated(self, now: float) -> None:
        """The secret has been rotated: both dates, and the days between them, are new."""
        self.last = now
        self.days = self.schedule.days(now) if self.schedule else None
        self.plan(now)

    def describe(self) -> dict[str, Any]:
        """The keys DescribeSecret adds; none for a secret never rotated (fact 14)."""
        if self.function is None:
            return {}
        return {
            "RotationEnabled": self.enabled,
            "RotationLambdaARN": self.function,
            "RotationRules": self._rules(),
            "LastRotatedDate": self.last if self.enabled else None,
            # The service promises a rotation "on or before this date": the window's end.
            "NextRotationDate": self.window.shuts if self.window else None,
        }

    def _rules(self) -> dict[str, Any] | None:
        if self.schedule is None:
            return None
        days = {} if self.days is None else {"AutomaticallyAfterDays": self.days}
        return {**days, **self.schedule.given}
