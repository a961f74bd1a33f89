"""What is to be said of a move before it is made."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """What was seen, and what to do about it, if anything.

    stops: whether the secret is left as it is.
    """

    what: str
    do: str
    stops: bool = False

    def __str__(self) -> str:
        return f"{self.what}; {self.do}" if self.do else self.what
