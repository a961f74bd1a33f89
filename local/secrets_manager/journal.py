"""What the service did, kept in memory: service events (fact 24), rotation steps, API calls.

Calls are counted, and no rate is limited (fact 18).

Nothing here ever holds a secret value.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

_log = logging.getLogger(__name__)

EventName = Literal[
    "RotationStarted",
    "RotationSucceeded",
    "RotationFailed",
    "RotationAbandoned",
    "TestRotationStarted",
    "TestRotationSucceeded",
    "TestRotationFailed",
]
RunKind = Literal["rotation", "test"]
State = Literal["succeeded", "failed", "abandoned", "cancelled"]


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """A CloudTrail service event of the secret; step and message are set on a failure."""

    name: EventName
    secret_arn: str
    version_id: str
    time: float
    step: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One invocation of the function: told once as it starts (`running`) and once as it ends.

    started: Unix seconds by the machine's own clock; duration: seconds.
    """

    secret_arn: str
    version_id: str
    attempt: int
    name: str
    started: float
    outcome: Literal["running", "succeeded", "failed"] = "running"
    duration: float = 0.0
    error_type: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One API request that was answered; `error` is the code it was refused with."""

    operation: str
    secret_id: str | None
    time: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RotationOutcome:
    """How a rotation, or a RotateImmediately=false test, ended; `steps` are all of its steps."""

    secret_arn: str
    secret_name: str
    version_id: str
    kind: RunKind
    state: State
    attempts: int
    steps: tuple[Step, ...]

    @property
    def error(self) -> Step | None:
        """The last step that failed."""
        return next((step for step in reversed(self.steps) if step.outcome == "failed"), None)


Occurrence = ServiceEvent | Step | Call | RotationOutcome
Kept = TypeVar("Kept", ServiceEvent, Step, Call, RotationOutcome)
OfSecret = TypeVar("OfSecret", ServiceEvent, Step, RotationOutcome)


class Journal:
    """Everything that occurred, in order, for whoever asks, waits or subscribes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._all: list[Occurrence] = []
        # By type and secret too: whoever waits looks again after each call, of any secret.
        self._by_type: dict[type, list[Occurrence]] = {}
        self._by_secret: dict[tuple[type, str], list[Occurrence]] = {}
        self._subscribers: list[Callable[[Occurrence], None]] = []

    def publish(self, occurrence: Occurrence) -> None:
        """Tell the subscribers, whose errors are logged, then keep it and wake those who wait.

        In this order, so that whoever has waited for it knows that the subscribers have it.
        """
        with self._changed:
            subscribers = tuple(self._subscribers)
        for tell in subscribers:
            try:
                tell(occurrence)
            except Exception:  # noqa: BLE001 one subscriber must not end a rotation
                _log.exception("a subscriber failed")
        with self._changed:
            self._all.append(occurrence)
            kind = type(occurrence)
            self._by_type.setdefault(kind, []).append(occurrence)
            if not isinstance(occurrence, Call):
                self._by_secret.setdefault((kind, occurrence.secret_arn), []).append(occurrence)
            self._changed.notify_all()

    def all(self) -> tuple[Occurrence, ...]:
        """Everything so far."""
        with self._changed:
            return tuple(self._all)

    def of(self, kind: type[Kept]) -> tuple[Kept, ...]:
        """Everything of one kind so far."""
        with self._changed:
            return tuple(cast("list[Kept]", self._by_type.get(kind, [])))

    def of_secret(self, kind: type[OfSecret], arn: str) -> tuple[OfSecret, ...]:
        """Everything of one kind so far about the secret with this ARN."""
        with self._changed:
            return tuple(cast("list[OfSecret]", self._by_secret.get((kind, arn), [])))

    def subscribe(self, callback: Callable[[Occurrence], None]) -> Callable[[], None]:
        """Call back for everything from now on, in the thread it occurs in; returns the way out."""
        with self._changed:
            self._subscribers.append(callback)

        def unsubscribe() -> None:
            with self._changed:
                self._subscribers.remove(callback)

        return unsubscribe

    def wait_for(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until the condition holds; it is looked at after each occurrence."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)
