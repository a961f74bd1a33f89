"""What can go wrong with IAM and STS, made to happen on demand to the next calls.

`faults.next("CreateAccessKey", throttled)`, `faults.next("ListAccessKeys", lost, times=2)`.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from local.network.tls import Cut

_XML = (
    '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
    "<Code>{code}</Code><Message>a fault</Message></Error><RequestId>r</RequestId></ErrorResponse>"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = field(default=b"", repr=False)
    kind: str = "text/xml"


Act = Callable[[], Reply]
Fault = Callable[[Act], Reply]
"""Makes the answer from `act`, which does what was asked for and gives the true answer."""


def refused(code: str, status: int = 400) -> Fault:
    """Nothing is done; the answer has this code."""
    return lambda _act: refusal(code, status)


def refusal(code: str, status: int) -> Reply:
    """An answer with this code."""
    return Reply(status, _XML.format(code=code).encode())


throttled = refused("Throttling")
failed = refused("ServiceFailure", 500)


def reset(_act: Act) -> Reply:
    """Nothing is done; the connection is reset."""
    raise Cut


def lost(act: Act) -> Reply:
    """It is done, and the connection reset before the answer: the client cannot know."""
    act()
    raise Cut


def empty(act: Act) -> Reply:
    """It is done; the answer has no body."""
    act()
    return Reply(200)


def unfinished(act: Act) -> Reply:
    """It is done; the answer's XML ends in the middle."""
    answer = act()
    return Reply(answer.status, answer.body[: len(answer.body) // 2], answer.kind)


@dataclass(slots=True)
class _Due:
    action: str
    fault: Fault
    left: int


class Faults:
    """The faults to come, first in first out, and how late everybody is told; safe in threads.

    unknown: so many times a key that was just made, or ended, is answered for as before.
    unlisted: so many lists do not show yet what was made or deleted since the last one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[_Due] = []
        self.unknown = 0
        self.unlisted = 0

    def next(self, action: str, fault: Fault, *, times: int = 1) -> None:
        """Let `fault` happen to the next `times` calls of this action (`*` is any)."""
        with self._lock:
            self._due.append(_Due(action, fault, times))

    def left(self) -> int:
        """How many are still to happen: 0 proves that a test met its fault."""
        with self._lock:
            return sum(due.left for due in self._due)

    def clear(self) -> None:
        """Forget those that have not happened, and tell everybody at once again."""
        with self._lock:
            self._due.clear()
            self.unknown = self.unlisted = 0

    def take(self, action: str) -> Fault | None:
        """The fault for this call, which is then used up."""
        with self._lock:
            for due in self._due:
                if due.action in ("*", action):
                    due.left -= 1
                    if not due.left:
                        self._due.remove(due)
                    return due.fault
        return None
