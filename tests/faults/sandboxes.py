"""Functions whose every step is a process, which can be killed or stopped at any call."""

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
class CallPoint:
    """A call of a step, by its number in the step, and whether before or after the call."""

    number: int
    after: bool
    call: str = ""

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.call} ({self.number})"


@dataclass(frozen=True, slots=True)
class StepResult:
    """The calls that a step began, its error if any, whether it was killed, and its answer."""

    calls: tuple[str, ...]
    error: Mapping[str, Any] | None
    killed: bool
    answer: object = None

    def points(self) -> Iterator[CallPoint]:
        """Both sides of each of its calls."""
        for number, call in enumerate(self.calls):
            yield CallPoint(number, after=False, call=call)
            yield CallPoint(number, after=True, call=call)


@dataclass
class RunningStep:
    """A step under way; `heard` are the fork server's messages about it."""

    heard: "SimpleQueue[dict[str, Any]]" = field(default_factory=SimpleQueue)
    stopped: int = 0

    def wait_until_stopped(self) -> None:
        """Wait until it is stopped at its point."""
        message = self.heard.get(timeout=SECONDS)
        assert "stopped" in message, f"the step ended before the point: {message}"
        self.stopped = message["stopped"]

    def resume(self) -> None:
        """Continue from where it was stopped."""
        os.kill(self.stopped, signal.SIGCONT)

    def result(self) -> StepResult:
        """Wait for its end."""
        message = self.heard.get(timeout=SECONDS)
        told = (message["error"], message["killed"], message["answer"])
        return StepResult(tuple(message["calls"]), *told)


class Sandboxes:
    """Runs steps in processes that fork_server.py forks."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._ids = itertools.count()
        self._lock = threading.Lock()
        self._steps: dict[int, RunningStep] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def start_step(
        self,
        target: Target,
        event: Mapping[str, object],
        at: CallPoint | None = None,
        *,
        signal_: signal.Signals = signal.SIGKILL,
        timeout: float = 60,
    ) -> RunningStep:
        """Start the event's step in a process, which gets the signal at the point."""
        running = RunningStep()
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
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        return running

    def run_step(
        self, target: Target, event: Mapping[str, object], at: CallPoint | None = None
    ) -> StepResult:
        """Run the event's step to its end; it is killed at the point, if one is given."""
        return self.start_step(target, event, at).result()

    def start_step_until(
        self, target: Target, event: Mapping[str, object], at: CallPoint
    ) -> RunningStep:
        """Start the event's step, and wait until it is stopped at the point; see `resume`."""
        running = self.start_step(target, event, at, signal_=signal.SIGSTOP)
        running.wait_until_stopped()
        return running

    def _listen(self) -> None:
        for line in self._socket.makefile("r"):
            message = json.loads(line)
            self._steps[message["id"]].heard.put(message)


@contextmanager
def sandboxes(log: Path, environment: Mapping[str, str]) -> Iterator[Sandboxes]:
    """Sandboxes that run while the block does; what the functions print goes to the log."""
    parent_end, child_end = socket.socketpair()
    with parent_end, child_end:
        child = children.start(
            [sys.executable, "-m", "tests.faults.fork_server"],
            log=log,
            name="functions",
            env={**os.environ, **environment},
            cwd=ROOT,
            stdin=child_end.makefile("rb"),
        )
        try:
            yield Sandboxes(parent_end)
        finally:
            children.stop(child, signal.SIGTERM, 2.0)
