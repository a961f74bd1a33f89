"""What the functions of this process print, by function: what CloudWatch Logs would have of them.

Kept only within `captured()`, and handed on as before.
"""

import io
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TextIO, cast

_MOST = 20_000  # lines of a function; a soak must not fill the memory

_running: ContextVar[str] = ContextVar("the function that this thread runs", default="")


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line that a function wrote; time: Unix seconds; number: its place among the function's."""

    time: float
    message: str
    number: int


class Written:
    """The lines of every function, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[str, deque[LogEvent]] = {}

    def add(self, function: str, text: str) -> None:
        """Keep each line of the text that is not empty."""
        with self._lock:
            kept = self._lines.setdefault(function, deque(maxlen=_MOST))
            for line in filter(str.strip, text.splitlines()):
                kept.append(LogEvent(time.time(), line, kept[-1].number + 1 if kept else 0))

    def of(self, function: str) -> Sequence[LogEvent]:
        """The function's lines so far, by its name."""
        with self._lock:
            return tuple(self._lines.get(function, ()))


WRITTEN = Written()


class _Tee(io.TextIOBase):
    """Hands on what it is given, and keeps what a function wrote."""

    def __init__(self, through: TextIO) -> None:
        self._through = through

    def write(self, text: str) -> int:
        if function := _running.get():
            WRITTEN.add(function, text)
        return self._through.write(text)

    def flush(self) -> None:
        self._through.flush()


def _tee(stream: TextIO) -> TextIO:
    return cast("TextIO", _Tee(stream))  # it has what a logger and `print` use


@contextmanager
def running(function: str) -> Iterator[None]:
    """What this thread prints in the block is the function's."""
    before = _running.set(function)
    try:
        yield
    finally:
        _running.reset(before)


@contextmanager
def captured() -> Iterator[None]:
    """Keep what functions print in the block, by `print` or by a logger that is there already."""
    with ExitStack() as stack:
        for handler in _handlers():
            before = handler.setStream(_tee(handler.stream))
            stack.callback(handler.setStream, before or handler.stream)
        stack.callback(setattr, sys, "stdout", sys.stdout)
        sys.stdout = _tee(sys.stdout)
        yield


def _handlers() -> list["logging.StreamHandler[TextIO]"]:
    """Those that write a stream other than the errors'; a subclass may write elsewhere."""
    names = [None, *logging.root.manager.loggerDict]
    found = [each for name in names for each in logging.getLogger(name).handlers]
    return [
        each
        for each in dict.fromkeys(found)
        if type(each) is logging.StreamHandler and each.stream not in (sys.stderr, sys.__stderr__)
    ]
