"""What a kind and its first function are called."""

import keyword
import re
from dataclasses import dataclass

from local.kinds import TESTING, kinds

# The kind that the files in this folder are of.
EXAMPLE = "ledger"
MAX_NAME = 24  # so that lines with the name, and the function's own, are not too long


@dataclass(frozen=True, slots=True)
class Names:
    """`acme_db` as a module; classes and functions of it begin with AcmeDb."""

    kind: str

    @property
    def prefix(self) -> str:
        """As classes and logical ids begin."""
        return "".join(part.capitalize() for part in self.kind.split("_"))

    @property
    def function(self) -> str:
        """The logical id of the function in the template."""
        return f"{self.prefix}SingleUser"

    def of(self, text: str) -> str:
        """The text, with the example's names turned into these."""
        for old, new in (
            (EXAMPLE.capitalize(), self.prefix),
            (EXAMPLE.upper(), self.kind.upper()),
            (EXAMPLE, self.kind),
        ):
            text = text.replace(old, new)
        return text


def check_name(kind: str) -> Names:
    """Raises SystemExit with what is wrong with the name."""
    taken = {TESTING, *kinds()}
    is_package = re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", kind) and not keyword.iskeyword(kind)
    if not is_package or len(kind) > MAX_NAME:
        raise SystemExit(
            f"NAME must be the name of a Python package, at most {MAX_NAME} small letters, digits "
            f"and single _, such as NAME={EXAMPLE}: {kind!r}"
        )
    if kind in taken:
        raise SystemExit(
            f"there is a kind of this name already; taken are {', '.join(sorted(taken))}"
        )
    return Names(kind)
