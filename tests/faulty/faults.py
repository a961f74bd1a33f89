"""What a bad network does, and where in a conversation."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Way(Enum):
    """A direction."""

    THERE = "to the server"
    BACK = "to the client"


class Harm(Enum):
    """What happens; each from its place on, the flip at its place alone."""

    RESET = "reset"  # both sides get a TCP reset
    CLOSE = "close"  # both sides get an end in good order: amid a record, a truncated one
    SILENCE = "silence"  # nothing passes any more, and nobody is told: half-open
    DRIP = "drip"  # byte by byte, with a pause after each
    DELAY = "delay"  # a pause before whatever comes at once
    FLIP = "flip"  # one bit of one byte is another


class FaultPoint(NamedTuple):
    """A byte of a conversation: the connection's number, the way, the record, the byte in it."""

    connection: int
    way: Way
    record: int
    inside: int

    def __str__(self) -> str:
        return f"byte {self.inside} of record {self.record} {self.way.value}, connection {self[0]}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One harm at one place. `seconds`: each pause; `bit`: the one that is flipped."""

    harm: Harm
    place: FaultPoint
    seconds: float = 0.0
    bit: int = 0

    def __str__(self) -> str:
        return f"{self.harm.value} at {self.place}"
