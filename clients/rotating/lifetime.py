"""For how long a value that was read is used without asking again."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

# Where a rotation is due it may happen at any moment; and it takes a while.
_SOON_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Lifetime:
    """seconds: of a life at most; jitter: the share of it by which lives differ.

    So that not all processes ask at once.
    """

    seconds: float = 300.0
    jitter: float = 0.1

    def drawn(self, next_rotation: datetime | None, now: datetime | None = None) -> float:
        """The seconds of one value's life: no longer than until shortly after the next rotation."""
        life = self.seconds * random.uniform(1 - self.jitter, 1)  # noqa: S311 - nothing secret
        if next_rotation is None:
            return life
        until = (next_rotation - (now or datetime.now(UTC))).total_seconds()
        return min(life, max(until, 0.0) + _SOON_SECONDS * random.uniform(0.5, 1))  # noqa: S311
