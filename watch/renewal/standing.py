"""Whether a reader has started anew since the rotation, and why not."""

from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple


class State(Enum):
    """How far it is."""

    OLD = auto()  # what runs was started before
    UNDER_WAY = auto()
    RENEWED = auto()  # all that runs was started since, and is healthy
    FAILED = auto()  # a start since has failed
    GONE = auto()  # nothing is there that could read


class Standing(NamedTuple):
    """Of one reader; why: what was seen of a start that failed or is undone, as a clause, and do.

    start: what tells its newest start from another one, if that shows; since: when that began.
    """

    state: State
    why: str = ""
    do: str = ""
    start: str = ""
    since: datetime | None = None
