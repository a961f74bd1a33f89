"""What is said of one field."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from shared.errors import MalformedSecret, Misconfigured, RotationError

# `bits` is for these, and every other kind has its own strength.
ENCODINGS = ("hex", "base64", "base64url")
PAIRS = ("ed25519", "p-256", "rsa-3072")
KINDS = ("text", *ENCODINGS, *PAIRS)
# Never weaker than this: no search reaches so far.
MIN_BITS = 128

IN_ROTATION = "rotation.generate"
VARIABLE = "GENERATE"


class Place(NamedTuple):
    """Where it is said: a member of the secret's `rotation.generate`, or the function's GENERATE.

    member: empty for all of it.
    """

    in_secret: bool
    member: str = ""

    def at(self, member: str) -> "Place":
        """A member of this one."""
        return self._replace(member=f"{self.member}.{member}" if self.member else member)

    def refusal(self, problem: str, do: str) -> RotationError:
        """The error for what is said there, to be raised."""
        if self.in_secret:
            place = f"{IN_ROTATION}.{self.member}" if self.member else IN_ROTATION
            return MalformedSecret(f"field '{place}' of the secret {problem}", do=do, field=place)
        about = f"'{self.member}' in environment variable {VARIABLE}" if self.member else VARIABLE
        return Misconfigured(f"{about} {problem}", do=do, field=VARIABLE)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a keyring goes from one key to the next.

    keep: so many keys that sign no longer are accepted still, or each for so long.
    delay: how long a key is published at least before it signs; None where it signs at once.
    """

    keep: int | timedelta = 1
    delay: timedelta | None = timedelta()


@dataclass(frozen=True, slots=True)
class Rule:
    """How the values of one field are made.

    size: the characters of a text, or the bits of bytes, where that is said.
    keeping: None for a field that holds one value.
    """

    field: str
    place: Place
    kind: str
    size: int | None = None
    keeping: Keeping | None = None
