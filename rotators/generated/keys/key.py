"""A key in two halves, and what makes such keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Key:
    """As the secret holds it: `signs` for who signs, `verifies` for who verifies; both have the id.

    Of a value that both sides share the two are the same.
    """

    kid: str
    signs: Mapping[str, object] = field(repr=False)
    verifies: Mapping[str, object] = field(repr=False)


class Keys(Protocol):
    """How keys of one kind are made and proved."""

    def check(self, before: Mapping[str, object]) -> None:
        """Raise MalformedSecret or Misconfigured where none can be made that is strong enough."""
        ...

    def make(self, before: Mapping[str, object]) -> Key:
        """A new one; before: what signed until now, or nothing."""
        ...

    def flaw(self, signs: Mapping[str, object]) -> str:
        """What about it is not as the rule says, as a clause; empty where nothing is."""
        ...

    def match(self, signs: Mapping[str, object], verifies: Mapping[str, object]) -> bool:
        """Whether what the one signs is verified by the other, by doing both."""
        ...

    def leak(self, verifies: Mapping[str, object]) -> bool:
        """Whether who has read what verifies can sign with it."""
        ...
