"""Who still uses a credential that a rotation is about to end: warned of, or waited for."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from shared.errors import Busy, Permanent, RotationError
from shared.protocol.contract import Ticket
from shared.settings import Settings, length_of_time

LOG = logging.getLogger(f"rotation.{__name__}")
VARIABLE = "OLD_CREDENTIAL_IN_USE"
LONGEST_HOLD = timedelta(days=7)  # where the setting does not say
MOST_TOLD = 5
# Whatever an application calls itself: PostgreSQL keeps so many bytes of it, MySQL many more.
_MOST_CHARACTERS = 63


@dataclass(frozen=True, slots=True)
class Readers:
    """Those who use an older credential, as far as its target tells; none where it tells nothing.

    found: what messages call each of them, by `session` for one that is logged in.
    end: what becomes of them as the credential ends, as a clause.
    """

    found: Sequence[str]
    end: str

    def told(self) -> list[str]:
        """A few of them, those with most sessions first, and how many more there are.

        Without a semicolon: behind one a message has what to do, which no client is to say.
        """
        counted = Counter(each.replace(";", r"\x3b") for each in self.found).most_common()
        told = [f"{who}, {n} times" if n > 1 else who for who, n in counted[:MOST_TOLD]]
        more = sum(n for _, n in counted[MOST_TOLD:])
        return [*told, f"{more} more"] if more else told


@dataclass(frozen=True, slots=True)
class Hold:
    """What OLD_CREDENTIAL_IN_USE says: for how long createSecret waits for idleness, if at all.

    longest: after the day on which the rotation is due; None where it does not wait.
    """

    longest: timedelta | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Warn, which is the default, hold, or such as hold:12h; raises Misconfigured."""
        settings = Settings(environment)
        setting = settings.text(VARIABLE, default="warn").strip()
        if setting in ("warn", "hold"):
            return cls(LONGEST_HOLD if setting == "hold" else None)
        word, _, longest = setting.partition(":")
        length = length_of_time(longest)
        if word != "hold" or length is None:
            raise settings.refusal(VARIABLE, "must be warn, hold or like hold:7d")
        return cls(length)

    def wait(self, ticket: Ticket[Any], look: Callable[[], Readers]) -> None:
        """In createSecret, before anything is made: raise Busy while somebody is found.

        look: asks the target; not called where the time is over, as setSecret warns then. Where
        the target cannot be asked for good, nobody is waited for.
        """
        if self.longest is None:
            return
        until = ticket.due + self.longest
        if datetime.now(UTC) >= until:
            LOG.warning(
                "OLD_CREDENTIAL_IN_USE=hold is over since %s: nobody is asked, or waited for",
                until.isoformat(timespec="seconds"),
            )
            return
        try:
            readers = look()
        except Permanent as problem:
            LOG.warning("OLD_CREDENTIAL_IN_USE=hold is not kept: %s", problem)
            return
        # With a version that an earlier attempt has stored, nothing is made here that could wait.
        if readers.found and ticket.pending_if_visible() is None:
            raise Busy(
                f"an older credential is still in use: {', and '.join(readers.told())}",
                do="let that client read the secret again, or stop it: the rotation waits until "
                f"{until.isoformat(timespec='seconds')}, and no longer; {readers.end}; if a "
                "credential has leaked, or such a client may be cut off, set OldCredentialInUse of "
                f"the stack, {VARIABLE} of the function, to warn, and have it attempted again",
                field=VARIABLE,
            )


def warn_of(look: Callable[[], Readers]) -> None:
    """As `tell`, and nothing where the target does not."""
    with suppress(RotationError):
        tell(look())


def tell(readers: Readers) -> None:
    """A line for each of a few of those that are found."""
    for who in readers.told():
        LOG.warning("an older credential is still in use: %s; %s", who, readers.end)


def session(user: str, address: str, application: str = "") -> str:
    """What messages call one that is logged in.

    address: in words, where it is none. application: what it calls itself, which may be anything.
    """
    name = f" as {application[:_MOST_CHARACTERS]!r}" if application else ""
    return f"user {user!r} from {address}{name}"
