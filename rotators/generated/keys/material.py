"""What is the same on both sides: a text, or bytes as one."""

from typing import Protocol


class Material(Protocol):
    """How such values are made, and what is wrong with one."""

    def check(self, before: str) -> None:
        """Raise MalformedSecret or Misconfigured where none can be made that is strong enough."""
        ...

    def make(self, before: str) -> str:
        """A new one, which is no shorter than the one before unless that is asked for."""
        ...

    def flaw(self, value: str) -> str:
        """What about it is not as the rule says, as a clause; empty where nothing is."""
        ...

    def weakness(self, value: str) -> str:
        """The same of a key that was made before and is still in use: whether it is too weak."""
        ...
