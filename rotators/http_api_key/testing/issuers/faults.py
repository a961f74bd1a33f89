"""What can go wrong with an issuer's answer, made to happen on demand to the next requests.

`faults.next("POST", status(429, retry_after=3))`, `faults.next("GET", hang, path="/user")`.
"""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from local.network.tls import Cut

HUGE_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class IssuerAnswer:
    """An HTTP answer; a Content-Length among the headers stands instead of the true one."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Hang(Exception):
    """The connection stays open, with no answer, until the issuer closes."""


Act = Callable[[], IssuerAnswer]
Fault = Callable[[Act], IssuerAnswer]
"""Makes the answer from `act`, which does what was asked for and gives the true answer."""


def status(code: int, *, retry_after: int | None = None) -> Fault:
    """Nothing is done; this status is answered."""
    headers = {"Content-Type": "application/json"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return lambda _act: IssuerAnswer(code, b'{"message": "a fault"}', headers)


def redirect(to: str) -> Fault:
    """Nothing is done; the client is sent to the URL `to`."""
    return lambda _act: IssuerAnswer(307, headers={"Location": to})


def garbage(_act: Act) -> IssuerAnswer:
    """Nothing is done; a page for people, as a captive portal or a login wall gives."""
    return IssuerAnswer(
        200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"}
    )


def not_an_object(_act: Act) -> IssuerAnswer:
    """Nothing is done; JSON of another shape."""
    return IssuerAnswer(200, b'["name", "id", "token"]')


def truncated(act: Act) -> IssuerAnswer:
    """It is done; the JSON of the answer ends in the middle, in a whole HTTP answer."""
    answer = act()
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def cut_short(act: Act) -> IssuerAnswer:
    """It is done; the connection ends in the middle of the answer."""
    answer = act()
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    return replace(answer, body=answer.body[: len(answer.body) // 2], headers=headers)


def huge(_act: Act) -> IssuerAnswer:
    """Nothing is done; a JSON object of 8 MiB."""
    return IssuerAnswer(200, b'{"name": "' + b"x" * HUGE_BYTES + b'"}')


def hang(_act: Act) -> IssuerAnswer:
    """Nothing is done, nor ever answered."""
    raise Hang


def reset(_act: Act) -> IssuerAnswer:
    """Nothing is done; the connection is reset."""
    raise Cut


def lost(act: Act) -> IssuerAnswer:
    """It is done, and the connection reset before the answer: the client cannot know."""
    act()
    raise Cut


@dataclass(slots=True)
class _Due:
    method: str
    path: re.Pattern[str]
    fault: Fault
    left: int


class Faults:
    """The faults to come, first in first out; safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[_Due] = []

    def next(self, method: str, fault: Fault, *, path: str = ".*", times: int = 1) -> None:
        """Let `fault` happen to the next `times` requests of this method (`*` is any).

        `path` is a regular expression for the whole path below the API's base.
        """
        with self._lock:
            self._due.append(_Due(method, re.compile(path), fault, times))

    def left(self) -> int:
        """How many are still to happen: 0 proves that a test met its fault."""
        with self._lock:
            return sum(due.left for due in self._due)

    def clear(self) -> None:
        """Forget those that have not happened."""
        with self._lock:
            self._due.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, which is then used up."""
        with self._lock:
            for due in self._due:
                if due.method in ("*", method) and due.path.fullmatch(path):
                    due.left -= 1
                    if not due.left:
                        self._due.remove(due)
                    return due.fault
        return None
