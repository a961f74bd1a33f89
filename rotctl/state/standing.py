"""Where a secret's rotation stands, as one of a few states, and in words."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rotctl.aws.functions import Function, Sight
from rotctl.aws.secrets import Secret
from rotctl.state import labels, windows
from rotctl.state.attempt import NO_PROGRESS, Progress

# What Secrets Manager may pause between two steps, beyond the function's own time; not published.
PAUSE = timedelta(minutes=2)
# A reckoned window that is over is late by this much before it counts.
_LATE = timedelta(minutes=1)


class State(StrEnum):
    """Every state there is, those that need a person first."""

    STUCK = "stuck"
    REFUSED = "refused"
    GONE = "function-gone"
    OVERDUE = "overdue"
    HIDDEN = "no-permission"
    UNSEEN = "not-seen"
    ROTATING = "rotating"
    DUE = "due"
    NEVER = "never-rotated"
    FINE = "fine"
    OFF = "off"

    @property
    def needs_a_person(self) -> bool:
        """Whether nothing but a person will change it."""
        return self in _NEED

    @property
    def rank(self) -> int:
        """Its place among them."""
        return list(State).index(self)


_NEED = frozenset(
    (
        *(State.STUCK, State.REFUSED, State.GONE),
        *(State.OVERDUE, State.HIDDEN, State.UNSEEN),
    )
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A state, since when, and how far the rotation that has not ended has come."""

    state: State
    since: datetime | None = None
    progress: Progress = NO_PROGRESS
    missing: str = ""  # the right that the caller lacks, to see more
    passing: str = ""  # what could not be asked now, and may be in a minute

    def words(self) -> str:
        """The state as a person says it, with its time in UTC."""
        since = f" since {self.since:%Y-%m-%d %H:%M}" if self.since else ""
        number = self.progress.attempts
        # Without a line nobody knows where: the function may be another's, or was never invoked.
        step = f" at {self.progress.step}" if number else ""
        attempts = f", {number} attempt{'' if number == 1 else 's'}" if number else ""
        match self.state:
            case State.STUCK:
                return f"stuck{step}{since}{attempts}"
            case State.REFUSED:
                return f"refused by the server's rules{since}"
            case State.ROTATING:
                return f"rotating now{',' if step else ''}{step}"
            case State.OVERDUE:
                return f"overdue{since}"
            case State.HIDDEN | State.UNSEEN:
                return f"{self.state.replace('-', ' ')}: {self.missing or self.passing}"
            case _:
                unseen = f", as far as it can be seen without {self.missing}"
                passing = f", not seen: {self.passing}" if self.passing else ""
                return self.state.replace("-", " ") + (unseen if self.missing else passing)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known beside the secret's description.

    progress, made: of the pending version, if there is one: its lines, and when it was stored.
    refusal: one later than the last rotation. missing: a right that was lacking on the way;
    passing: what could not be asked now.
    """

    progress: Progress = NO_PROGRESS
    made: datetime | None = None
    refusal: Progress | None = None
    missing: str = ""
    passing: str = ""


NOTHING = Seen()


def standing(secret: Secret, function: Function, now: datetime, seen: Seen = NOTHING) -> Standing:
    """From all that is known."""
    pending = labels.pending(secret.labels) is not None
    progress = seen.progress
    if secret.function and function.sight is Sight.GONE and (secret.enabled or pending):
        return Standing(State.GONE)
    if pending:
        began = progress.since or seen.made or secret.changed
        if seen.missing and not progress.code:
            return Standing(State.HIDDEN, began, progress, seen.missing)
        if seen.passing and not progress.code:
            return Standing(State.UNSEEN, began, progress, passing=seen.passing)
        last = progress.last or seen.made or secret.changed or now
        limit = timedelta(seconds=function.timeout) + PAUSE
        stuck = bool(progress.code) or not secret.enabled or now - last > limit
        return Standing(State.STUCK if stuck else State.ROTATING, began, progress)
    if seen.refusal is not None:
        return Standing(State.REFUSED, seen.refusal.since, seen.refusal)
    by_dates = _by_dates(secret, function, now)
    missing = by_dates.missing or seen.missing
    return replace(by_dates, missing=missing, passing=seen.passing)


def _by_dates(secret: Secret, function: Function, now: datetime) -> Standing:
    if not secret.enabled:
        return Standing(State.OFF)
    if secret.next is not None and secret.next + _LATE < now:
        return Standing(State.OVERDUE, secret.next)
    if function.sight is Sight.HIDDEN:
        return Standing(State.HIDDEN, missing="lambda:GetFunctionConfiguration")
    if secret.next is not None and is_open(secret, now):
        return Standing(State.DUE)
    return Standing(State.FINE if secret.last else State.NEVER)


def is_open(secret: Secret, now: datetime) -> bool:
    """Whether it may rotate now by its rules; a secret without a schedule may at any time."""
    if secret.next is None:
        return True
    return windows.opens(secret.schedule, secret.hours, secret.next) <= now <= secret.next + _LATE
