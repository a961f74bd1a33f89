"""When the key that a rotation replaced is to end."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from shared.errors import Misconfigured
from shared.keys.api_key import ApiKey
from shared.protocol.contract import Ticket
from shared.settings import Settings

LOG = logging.getLogger(f"rotation.{__name__}")
_SECONDS = {"m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Ends:
    """What OLD_KEY_ENDS says.

    on_finish: in finishSecret, instead of at the next rotation's createSecret.
    after: how old the key's successor must be at least.
    """

    on_finish: bool = False
    after: timedelta = timedelta()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """OLD_KEY_ENDS is next-rotation, on-finish or after:<number><m, h or d>."""
        setting = Settings(environment).text("OLD_KEY_ENDS", default="next-rotation").strip()
        if setting in ("next-rotation", "on-finish"):
            return cls(on_finish=setting == "on-finish")
        if match := re.fullmatch(r"after:([1-9][0-9]{0,4})([mhd])", setting):
            return cls(after=timedelta(seconds=int(match[1]) * _SECONDS[match[2]]))
        raise Misconfigured(
            "environment variable OLD_KEY_ENDS must be next-rotation, on-finish or like after:7d",
            do="correct the function's configuration",
            field="OLD_KEY_ENDS",
        )

    def refuse_after(self) -> None:
        """Raises Misconfigured where old keys are to stay a while, for a way in which none can."""
        if self.after:
            raise Misconfigured(
                "OLD_KEY_ENDS cannot be after:... for a key that the next one takes the place of",
                do="choose another OLD_KEY_ENDS; a longer rotation interval does the same",
                field="OLD_KEY_ENDS",
            )

    def require_known_dates(self, created: datetime | None) -> None:
        """Raises Misconfigured where age decides, and the issuer does not say when it began."""
        if self.after and created is None:
            raise Misconfigured(
                "the issuer does not say when keys were made, so OLD_KEY_ENDS cannot be after:...",
                do="let the description's list read 'created', or choose another OLD_KEY_ENDS",
                field="OLD_KEY_ENDS",
            )

    def due(self, successor_created: datetime | None) -> bool:
        """Whether a key may end now, by its successor's age; raises Misconfigured."""
        self.require_known_dates(successor_created)
        if successor_created is None:
            return True
        return datetime.now(UTC) - successor_created >= self.after


def warn_of_early_end(created: ApiKey, ticket: Ticket[ApiKey]) -> None:
    """Warn of a key that ends by itself before the next rotation, as far as both are known."""
    due = ticket.next_rotation
    if created.ends is not None and due is not None and created.ends <= due:
        LOG.warning(
            "the new key ends at %s, before the next rotation at %s: rotate more often, or have "
            "a key issued that lives longer, and store that",
            created.ends.isoformat(timespec="seconds"),
            due.isoformat(timespec="seconds"),
        )
