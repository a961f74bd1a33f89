"""When the key that a rotation replaced is to end."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from shared.asked.wishes import Asked, place_of
from shared.errors import MalformedSecret, Misconfigured
from shared.keys.api_key import ApiKey
from shared.keys.contract import OwnedKey
from shared.protocol.contract import Ticket
from shared.protocol.expiry import AT_NEXT_CREATE, at_later_create
from shared.settings import SECONDS, Settings, length_of_time

LOG = logging.getLogger(f"rotation.{__name__}")
VARIABLE = "OLD_KEY_ENDS"


@dataclass(frozen=True, slots=True)
class Ends:
    """What OLD_KEY_ENDS says, or the secret's own `rotation.old_key_ends`.

    on_finish: in finishSecret, instead of at the next rotation's createSecret.
    after: how old the key's successor must be at least.
    asked: the secret says it.
    """

    on_finish: bool = False
    after: timedelta = timedelta()
    asked: bool = False

    @classmethod
    def granted(cls, asked: Asked) -> Self:
        """What the function says, or the secret where that is no later.

        OLD_KEY_ENDS is next-rotation, on-finish or after:<number><m, h or d>.
        Raises Misconfigured, and MalformedSecret naming the place.
        """
        own = cls(*_read(asked.own))
        if VARIABLE not in asked.names:
            return own
        wanted = cls(*_read(asked), asked=True)
        if asked.own.text(VARIABLE, default="") and wanted._order > own._order:
            asked.refuse(
                VARIABLE,
                f"is later than {VARIABLE} of the function",
                f"ask for an earlier end, or set another {VARIABLE} on the function",
            )
        return wanted

    @property
    def _order(self) -> tuple[bool, timedelta]:
        return not self.on_finish, self.after

    def refuse_after(self) -> None:
        """Raises where old keys are to stay a while, for a way in which none can: see _problem."""
        if self.after:
            raise self._problem(
                "cannot be after:... for a key that the next one takes the place of",
                "choose another; a longer rotation interval does the same",
            )

    def require_known_dates(self, created: datetime | None) -> None:
        """Raises where age decides, and the issuer does not say when it began: see _problem."""
        if self.after and created is None:
            raise self._problem(
                "cannot be after:..., as the issuer does not say when keys were made",
                "let the description's list read 'created', or choose another",
            )

    def _problem(self, problem: str, do: str) -> Misconfigured | MalformedSecret:
        """The function's, Misconfigured, or the secret's, MalformedSecret: by who asks for it."""
        if self.asked:
            place = place_of(VARIABLE)
            return MalformedSecret(f"field '{place}' of the secret {problem}", do=do, field=place)
        return Misconfigured(f"{VARIABLE} {problem}", do=do, field=VARIABLE)

    @property
    def expiry(self) -> str:
        """When a key ends that finishSecret does not end; see expiry.py."""
        seconds = int(self.after.total_seconds())
        for unit, length in reversed(SECONDS.items()):
            if seconds and seconds % length == 0:
                return at_later_create(f"{seconds // length}{unit}")
        return AT_NEXT_CREATE

    def due(self, successor_created: datetime | None) -> bool:
        """Whether a key may end now, by its successor's age; raises as require_known_dates."""
        self.require_known_dates(successor_created)
        if successor_created is None:
            return True
        return datetime.now(UTC) - successor_created >= self.after


def _read(settings: Settings) -> tuple[bool, timedelta]:
    setting = settings.text(VARIABLE, default="next-rotation").strip()
    if setting in ("next-rotation", "on-finish"):
        return setting == "on-finish", timedelta()
    word, _, length = setting.partition(":")
    if word == "after" and (after := length_of_time(length)):
        return False, after
    raise settings.refusal(VARIABLE, "must be next-rotation, on-finish or like after:7d")


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


def warn_of_end_before_rotation(current: OwnedKey, ticket: Ticket[ApiKey]) -> None:
    """Warn of a key in use that ends by itself before it is replaced, as far as both are known."""
    due = ticket.next_rotation
    if current.ends is not None and due is not None and current.ends <= due:
        LOG.warning(
            "the key in use ends at %s, before the next rotation at %s: rotate now, and more often",
            current.ends.isoformat(timespec="seconds"),
            due.isoformat(timespec="seconds"),
        )
