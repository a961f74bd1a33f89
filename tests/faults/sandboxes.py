"""Functions whose every step is a process: one that can be killed, or stopped, at any call."""

import itertools
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from local.build.artifacts import ROOT
from local.processes import children
from local.targets import Target

SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Point:
    """A call of a step by its number in it, and the side of it."""

    number: int
    after: bool
    call: str = ""

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.call} ({self.number})"


@dataclass(frozen=True, slots=True)
class Taken:
    """How a step ended: the calls that it began, its error if any, and whether it was killed."""

    calls: tuple[str, ...]
    error: Mapping[str, Any] | None
    killed: bool

    def points(self) -> Iterator[Point]:
        """Both sides of each of its calls."""
        for number, call in enumerate(self.calls):
            yield Point(number, after=False, call=call)
            yield Point(number, after=True, call=call)


@dataclass
class Running:
    """A step under way."""

    heard: "SimpleQueue[dict[str, Any]]" = field(default_factory=SimpleQueue)
    stopped: int = 0

    def until_stopped(self) -> None:
        """Wait until it is stopped at its point."""
        said = self.heard.get(timeout=SECONDS)
        assert "stopped" in said, f"it ended before it came to the point: {said}"
        self.stopped = said["stopped"]

    def go_on(self) -> None:
        """Let it run on from where it was stopped."""
        os.kill(self.stopped, signal.SIGCONT)

    def result(self) -> Taken:
        """Wait for its end."""
        said = self.heard.get(timeout=SECONDS)
        return Taken(tuple(said["calls"]), said["error"], said["killed"])


class Sandboxes:
    """Where steps run; see fork_server.py."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._ids = itertools.count()
        self._lock = threading.Lock()
        self._steps: dict[int, Running] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def begin(
        self,
        target: Target,
        event: Mapping[str, object],
        at: Point | None = None,
        *,
        signal_: signal.Signals = signal.SIGKILL,
        timeout: float = 60,
    ) -> Running:
        """Let a process take the step that the event tells, and get the signal at the point."""
        running = Running()
        with self._lock:
            number = next(self._ids)
            self._steps[number] = running
            point = {"number": at.number, "after": at.after, "signal": int(signal_)} if at else None
            request = {
                "id": number,
                "function": target.function,
                "settings": json.dumps(dict(target.settings)),
                "event": event,
                "timeout": timeout,
                "at": point,
            }
            self._wire.sendall(json.dumps(request).encode() + b"\n")
        return running

    def take(self, target: Target, event: Mapping[str, object], at: Point | None = None) -> Taken:
        """The same, to its end."""
        return self.begin(target, event, at).result()

    def stop(self, target: Target, event: Mapping[str, object], at: Point) -> Running:
        """The same, but stopped at the point until it is told to go on."""
        running = self.begin(target, event, at, signal_=signal.SIGSTOP)
        running.until_stopped()
        return running

    def _listen(self) -> None:
        for line in self._wire.makefile("r"):
            said = json.loads(line)
            self._steps[said["id"]].heard.put(said)


@contextmanager
def sandboxes(log: Path, environment: Mapping[str, str]) -> Iterator[Sandboxes]:
    """Run them while the block runs; all that they print goes to the log."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = children.start(
            [sys.executable, "-m", "tests.faults.fork_server"],
            log=log,
            name="functions",
            env={**os.environ, **environment},
            cwd=ROOT,
            stdin=theirs.makefile("rb"),
        )
        try:
            yield Sandboxes(ours)
        finally:
            children.stop(child, signal.SIGTERM, 2.0)
