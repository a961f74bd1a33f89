"""What every form can do."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, Protocol


class Moment(NamedTuple):
    """When createSecret runs, and when the rotation before ended, as far as the service says."""

    now: datetime
    last_rotation: datetime | None


class Form(Protocol):
    """What is in a field, as JSON; what it held before may be anything that a person stored."""

    def renew(self, held: object, moment: Moment) -> object:
        """What the field is to hold next; raises MalformedSecret, Misconfigured."""
        ...

    def check(self, held: object) -> None:
        """Raise what `renew` would."""
        ...

    def flaw(self, held: object) -> str:
        """What is not as the rule says, as a clause; empty where all is proved."""
        ...

    def expiry(self) -> str:
        """When what it held before ends, in the words of expiry.py."""
        ...

    def remains(self, leaked: object, held: object) -> Collection[str]:
        """Which of what somebody knows who has read `leaked` is accepted by `held`, as told."""
        ...

    def without(self, leaked: object, held: object, moment: Moment) -> object | None:
        """What accepts nothing of that, and goes on as `held`; None where only a rotation can."""
        ...
