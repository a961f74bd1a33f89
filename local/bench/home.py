"""Functions in processes of their own that tell what each step took, with a share of a processor.

A start has a whole processor, as in Lambda; the steps after it have the home's share, where it has
one.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from local.bench import processes
from local.build import artifacts
from local.functions.built import Built
from local.functions.home import FunctionError, name_of

START = "start"
WAIT_SECONDS = 120
# Awaits events at its input, and tells the end of each step, and its processor time, on its own.
# Lambda's runtime gives the root logger a handler too.
CHILD = """
import awslambdaric.bootstrap  # as in Lambda: it is loaded before, and in memory
import importlib, json, logging, resource, sys, time
logging.basicConfig(format="%(message)s")
begun = time.monotonic()
answers, module, name = open(int(sys.argv[1]), "w", buffering=1), *sys.argv[2].rsplit(".", 1)
handler = getattr(importlib.import_module(module), name)

class Context:
    function_name = "f"
    memory_limit_in_mb = "256"
    invoked_function_arn = aws_request_id = function_version = "x"

    def get_remaining_time_in_millis(self):
        return 60_000

def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

print(json.dumps({"seconds": time.monotonic() - begun, "processor": used()}), file=answers)
for line in sys.stdin:
    event, began, before, problem = json.loads(line), time.monotonic(), used(), ""
    try:
        handler(event, Context())
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    took = {"seconds": time.monotonic() - began, "processor": used() - before}
    print(json.dumps({**took, "problem": problem}), file=answers)
"""


class Taken(NamedTuple):
    """The seconds that a function's start, or one of its steps, took."""

    function: str
    step: str
    seconds: float
    processor: float


class MeasuredHome:
    """A Home of one process for each function; `taken` has what its starts and steps took.

    environment: over each function's own variables; peak: each function's most megabytes so far.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._functions = dict[str, Built]()
        self._running = dict[str, _Child]()
        self.environment: dict[str, str] = {}
        self._group: Path | None = None
        self.taken: list[Taken] = []
        self.peak: dict[str, float] = {}

    def use(self, functions: Mapping[str, Built]) -> None:
        """Run these from now on, in fresh processes; of no function, just end those that run."""
        self._functions = dict(functions)
        for child in self._running.values():
            child.end()
        self._running.clear()

    @contextmanager
    def within(self, group: Path) -> Iterator[None]:
        """What runs in the block gets the group's share once it has started, and ends with it.

        group: the file that `quota` yields.
        """
        self._group = group
        try:
            yield
        finally:
            self.use({})
            self._group = None

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        """Run it to its end; raise FunctionError if it fails."""
        name = name_of(function)
        if name not in self._running:
            built = self._functions[name]
            child = _Child(built, {**built.variables(name), **self.environment}, self._log)
            self._running[name] = child
            self._keep(name, START, child.answer())
            if self._group is not None:
                self._group.write_text(str(child.process.pid))
        answer = self._running[name].ask(event)
        if answer["problem"]:
            raise FunctionError("Error", answer["problem"])
        self._keep(name, str(event["Step"]), answer)

    def _keep(self, function: str, step: str, answer: Mapping[str, Any]) -> None:
        self.taken.append(Taken(function, step, answer["seconds"], answer["processor"]))
        megabytes = processes.peak_megabytes(self._running[function].process.pid)
        self.peak[function] = max(megabytes, self.peak.get(function, 0))


class _Child:
    def __init__(self, built: Built, environment: Mapping[str, str], log: Path) -> None:
        reading, writing = os.pipe()
        self._answers = os.fdopen(reading)
        command = (artifacts.LAMBDA_PYTHON, "-s", "-P", "-B", "-c", CHILD)
        with log.open("a") as output:
            self.process = subprocess.Popen(
                (*command, str(writing), built.handler),
                cwd=built.artifact,
                env=environment,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=(writing,),
            )
        os.close(writing)

    def ask(self, event: Mapping[str, object]) -> dict[str, Any]:
        if self.process.stdin is not None:
            self.process.stdin.write(json.dumps(event).encode() + b"\n")
        return self.answer()

    def answer(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise FunctionError("Runtime.ExitError", "the function's process has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(WAIT_SECONDS)
        self._answers.close()
