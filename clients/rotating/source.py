"""Where versions are read from; sdk.py and the folder agent have the two there are."""

from datetime import datetime
from typing import Protocol

from rotating.version import Version

CURRENT = "AWSCURRENT"
PENDING = "AWSPENDING"


class Source(Protocol):
    """One secret, by one way to it; each call is bounded, and may come from any thread."""

    @property
    def name(self) -> str:
        """The secret's, for messages."""
        ...

    def read(self, stage: str) -> Version:
        """The version with this staging label, as fresh as there is.

        Raises Absent, Denied, Unavailable.
        """
        ...

    def next_rotation(self) -> datetime | None:
        """By when it is rotated next; None where it is not, or this source cannot tell.

        Raises as `read`.
        """
        ...
