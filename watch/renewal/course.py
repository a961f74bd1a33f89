"""What is known of one renewal: the state machine keeps it between two tasks, as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from rotctl.aws.trail import TrailEvent
from rotctl.output.times import iso
from rotctl.trouble import Trouble

# An event's time has no fraction of a second, and its clock is not that of ECS or Lambda.
_MARGIN = timedelta(seconds=2)


class Outcome(StrEnum):
    """How far it is; the state machine goes on with the first alone."""

    WAITING = "waiting"
    RENEWED = "renewed"
    STOPPED = "stopped"
    NOBODY = "nobody"  # has the tag


@dataclass(frozen=True, slots=True)
class Course:
    """A renewal of the readers of one secret, after one rotation.

    secret: its ARN; time: of the rotation's end, ISO 8601 in UTC; request: the event's
    requestID, if known.
    waves: the readers' ARNs that are not renewed, the first wave under way; begun: those of it that
    were begun, or found under way, and when; starts: what tells each of these from another one, see
    Standing; held: those that others were changing, and since when.
    at, what, do: the reader it stopped at, why, and the next thing to do.
    """

    secret: str
    time: str
    request: str = ""
    outcome: Outcome = Outcome.WAITING
    waves: list[list[str]] = field(default_factory=list)
    begun: Mapping[str, str] = field(default_factory=dict)
    starts: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    renewed: list[str] = field(default_factory=list)
    at: str = ""
    what: str = ""
    do: str = ""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """From the machine's state, which may have more in it; raises Trouble."""
        known = {key: document[key] for key in cls.__dataclass_fields__ if key in document}
        outcome = Outcome(document.get("outcome", Outcome.WAITING))
        return cls(**known | {"outcome": outcome, "time": _in_utc(document.get("time"))})

    def document(self) -> dict[str, Any]:
        """For the machine's state."""
        return asdict(self)

    def stopped(self, at: str, what: str, do: str) -> Self:
        """Ended at this reader; empty for one that ended at none."""
        return replace(self, outcome=Outcome.STOPPED, at=at, what=what, do=do)

    @property
    def ended(self) -> TrailEvent:
        """The rotation's own event."""
        version = self.request.removeprefix(f"Rotation-{self.secret}-")
        time = datetime.fromisoformat(self.time)
        return TrailEvent("RotationSucceeded", time, version, secret=self.secret)

    @property
    def fresh(self) -> datetime:
        """What started then, or later, was given the new credential."""
        return self.ended.time + _MARGIN


def _in_utc(time: object) -> str:
    """A person gives the one that AWS's command line has printed, which may be of its own zone."""
    try:
        moment = datetime.fromisoformat(str(time))
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - without a zone, as what follows refuses
    if moment.tzinfo is None:
        raise Trouble(
            "'time' in the execution's input is no moment with a time zone",
            do="give the time of the event RotationSucceeded, such as 2026-11-30T03:12:45Z",
        )
    return str(iso(moment))
