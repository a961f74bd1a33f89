"""Where in a conversation a byte is: in which TLS record, and how far inside it.

Counted so, and not in bytes from the beginning, a place stays the same although a signature is a
byte longer the next time. Record 0 is what is said in the clear before TLS, if anything is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

HEADER = 5  # type, version, version, length, length: RFC 8446, 5.1
_HELLOS = (b"\x16\x03\x01", b"\x16\x03\x03")  # how the first handshake record of either side begins


@dataclass(slots=True)
class Position:
    """Follows one direction of a conversation; `lengths` are those of its records so far."""

    lengths: list[int] = field(default_factory=lambda: [0])
    _ends: int = 0  # the length of the record, once its header has said it

    @property
    def record(self) -> int:
        """The number of the record."""
        return len(self.lengths) - 1

    @property
    def inside(self) -> int:
        """How many of its bytes have passed."""
        return self.lengths[-1]

    def advance(self, chunk: bytes, place: tuple[int, int] | None = None) -> int | None:
        """Move past the chunk, or up to this record and byte and tell how many come before it."""
        for index, byte in enumerate(chunk):
            if self._is_over(chunk[index : index + 3]):
                self.lengths.append(0)
            if (self.record, self.inside) == place:
                return index
            self._move(byte)
        return None

    def _is_over(self, begins: bytes) -> bool:
        if self.record == 0:
            return begins in _HELLOS
        return self.inside >= HEADER and self.inside == self._ends

    def _move(self, byte: int) -> None:
        self.lengths[-1] += 1
        if self.record and self.inside == HEADER - 1:
            self._ends = HEADER + (byte << 8)
        elif self.record and self.inside == HEADER:
            self._ends += byte


def places(lengths: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Of every record its first byte, one amid its header and one amid its payload."""
    for record, length in enumerate(lengths):
        inside = (0, 2, (HEADER + length) // 2) if record else (0, length // 2)
        yield from ((record, byte) for byte in dict.fromkeys(inside) if byte < length)
