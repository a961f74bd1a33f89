"""Typed reading of the function's environment; an empty variable counts as not set."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import Misconfigured, RotationError

# The AWS functions take the first four for true, and anything else for false.
FLAGS = {
    **dict.fromkeys(("true", "1", "y", "yes"), True),
    **dict.fromkeys(("false", "0", "n", "no"), False),
}
SECONDS = {"m": 60, "h": 3600, "d": 86400}
_LENGTH = re.compile(r"([1-9][0-9]{0,4})([mhd])")


@dataclass(frozen=True, slots=True)
class Settings:
    """Reads variables by name.

    An empty one counts as not set: that is how CloudFormation gives an unset parameter.
    """

    environment: Mapping[str, str]

    def text(self, name: str, *, default: str) -> str:
        """The variable as it is."""
        return self.environment.get(name) or default

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false; raises Misconfigured."""
        value = self.text(name, default=str(default)).strip().lower()
        if value not in FLAGS:
            raise self.refusal(name, "must be true or false")
        return FLAGS[value]

    def choice(self, name: str, *, default: str, of: tuple[str, ...]) -> str:
        """One of the words; raises Misconfigured."""
        value = self.text(name, default=default).strip().lower()
        if value not in of:
            raise self.refusal(name, f"must be {' or '.join(of)}")
        return value

    def integer(self, name: str, *, default: int, within: range) -> int:
        """A whole number in the range; raises Misconfigured."""
        value = self.text(name, default=str(default)).strip()
        if not value.isdecimal() or len(value) > len(str(within[-1])) or int(value) not in within:
            raise self.refusal(name, f"must be a whole number from {within[0]} to {within[-1]}")
        return int(value)

    def refusal(self, name: str, rule: str) -> RotationError:
        """What is wrong with a variable, to be raised: a Misconfigured that names it."""
        return Misconfigured(
            f"environment variable {name} {rule}",
            do="correct the function's configuration",
            field=name,
        )


def length_of_time(text: str) -> timedelta | None:
    """So many minutes, hours or days, such as `7d`; None for what is none."""
    found = _LENGTH.fullmatch(text)
    return timedelta(seconds=int(found[1]) * SECONDS[found[2]]) if found else None
