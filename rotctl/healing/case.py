"""What can be wrong with a rotation: a name for each case, and how one is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rotctl.links.chain import Chain
from rotctl.links.check import Check


class Case(StrEnum):
    """Every case there is; docs/rotctl.md has what heal does about each."""

    DELETED = "deleted"
    UNATTACHED = "no-function"
    GONE = "function-gone"
    UNINVOCABLE = "not-invocable"
    ROTATING = "rotating"
    HIDDEN = "no-permission"
    POISONED = "pending-at-fault"
    BLOCKED = "blocked"
    PENDING_LIVE = "pending-is-live"
    GIVEN_UP_LIVE = "given-up-is-live"
    OLDER_LIVE = "older-is-live"
    LOCKED_OUT = "locked-out"
    UNPROVEN = "unproven"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    OVERDUE = "overdue"
    OFF = "off"
    FINE = "fine"

    @property
    def is_broken(self) -> bool:
        """Whether something has to be done."""
        return self not in _SOUND


_SOUND = frozenset((Case.ROTATING, Case.OFF, Case.FINE))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The case, in words, and what to do next.

    since: when it began, as far as the rotation's own lines tell it. version: the one that it is
    about. why: what of that which was seen led to it.
    """

    case: Case
    words: str
    do: str = ""
    since: datetime | None = None
    version: str = ""
    why: Sequence[str] = field(default=())


def by_check(case: Case, check: Check, chain: Chain, *why: str) -> Verdict:
    """What one link says is all that is to be said."""
    of = f" ({check.of})" if check.of else ""
    words = f"{check.link} is broken: {check.what}{of}"
    return Verdict(case, words, check.do, chain.standing.since, why=why)


def heal_it(chain: Chain) -> str:
    """The command that does."""
    return f"run `rotctl heal {chain.secret.name}`"
