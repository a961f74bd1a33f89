"""`make bench-steps`: each function's steps, with the share of a processor that 256 MB give.

A start has a whole processor, as in Lambda, and the steps after it a seventh, by a quota of the
kernel's: their time is what is billed, and what lengthens a gap. Real rotations of the built
functions: the first one of a fresh process, and a second one, warm. The least of several; by turns
with other artifacts where `--beside` names their folder.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from local.bench.quota import NoQuotaError, quota
from local.build import artifacts
from local.demo.table import table as empty
from local.functions.built import Built, built_functions
from local.functions.home import FunctionError, name_of
from local.secrets_manager import SecretsManager
from local.servers.certificates import Authority
from local.servers.server import write_bundle
from local.system import open_targets
from local.targets import Place, registry

SHARE = 256 / 1769  # of a processor; Lambda's developer guide, "Configure Lambda function memory"
WAIT_SECONDS = 120
COLD, WARM = "cold", "warm"
# Awaits events at its input, and tells the end of each step, and its processor time, on its own.
CHILD = """
import importlib, json, resource, sys, time
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
    """What was measured: whose artifacts, function, cold or warm, step; and seconds of each."""

    whose: str
    function: str
    state: str
    step: str
    seconds: float
    processor: float


class QuotaHome:
    """A Home of one process a function, which has its share as soon as it has started."""

    def __init__(self, group: Path, log: Path) -> None:
        self._group, self._log = group, log
        self._running: dict[str, _Child] = {}
        self._whose, self._functions = "", dict[str, Built]()
        self.environment: dict[str, str] = {}
        self.state = COLD
        self.taken: list[Taken] = []

    def use(self, whose: str, functions: Mapping[str, Built]) -> None:
        """Run these from now on, in fresh processes."""
        self._whose, self._functions = whose, dict(functions)
        for child in self._running.values():
            child.end()
        self._running.clear()

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        """Run it to its end; raise FunctionError if it fails."""
        name = name_of(function)
        if name not in self._running:
            built = self._functions[name]
            child = _Child(built, {**built.variables(name), **self.environment}, self._log)
            self._keep(name, "start", child.answer())
            self._group.write_text(str(child.process.pid))
            self._running[name] = child
        answer = self._running[name].ask(event)
        if answer["problem"]:
            raise FunctionError("Error", answer["problem"])
        self._keep(name, str(event["Step"]), answer)

    def _keep(self, function: str, step: str, answer: Mapping[str, Any]) -> None:
        figures = (answer["seconds"], answer["processor"])
        self.taken.append(Taken(self._whose, function, self.state, step, *figures))


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
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=(writing,),
            )
        os.close(writing)

    def ask(self, event: Mapping[str, object]) -> dict[str, Any]:
        os.write(_input(self.process), json.dumps(event).encode() + b"\n")
        return self.answer()

    def answer(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise FunctionError("Runtime.ExitError", "the function's process has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        os.close(_input(self.process))
        self.process.wait(WAIT_SECONDS)
        self._answers.close()


def _input(process: "subprocess.Popen[bytes]") -> int:
    if process.stdin is None:
        raise ValueError
    return process.stdin.fileno()


def main() -> None:
    """Print a line for each function, start and step."""
    parser = argparse.ArgumentParser(prog="make bench-steps", description=__doc__)
    parser.add_argument("targets", nargs="*", help="of make demo's; the usual ones without")
    parser.add_argument("--times", type=int, default=3, help="of which the least counts (3)")
    parser.add_argument("--beside", type=Path, help="a folder of other artifacts, by function")
    asked = parser.parse_args()
    try:
        taken = measure(asked.targets or registry.usual_targets(), asked.beside, asked.times)
    except NoQuotaError as error:
        raise SystemExit(f"the steps cannot be measured as in Lambda: {error}") from None
    Console(highlight=False).print(table(taken))


def measure(targets: list[str], beside: Path | None, times: int) -> list[Taken]:
    """What each set of artifacts took, by turns, on the same servers."""
    sets = {"these": built_functions()}
    if beside:
        other = {
            name: replace(each, artifact=beside / name) for name, each in sets["these"].items()
        }
        sets["beside"] = other
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rotation-")))
        home = QuotaHome(stack.enter_context(quota(SHARE)), folder / "steps.log")
        stack.callback(home.use, "", {})
        authority = Authority(folder / "ca")
        opened = open_targets(targets, Place(folder, authority, stack, lambda _: None))
        service = stack.enter_context(SecretsManager(home=home))
        home.environment = {
            **service.environment,
            "TLS_CA_BUNDLE": str(write_bundle(authority, folder)),
            "ALLOW_PRIVATE_ISSUERS": "true",
        }
        seeded = {
            name: target.seed(service.client(), f"steps/{name}") for name, target in opened.items()
        }
        for _ in range(times):
            for whose, functions in sets.items():
                home.use(whose, functions)
                for home.state in (COLD, WARM):
                    for name, target in opened.items():
                        service.rotate(seeded[name], target.function, WAIT_SECONDS)
        return home.taken


def table(taken: list[Taken]) -> Table:
    """The least of each; a start's seconds with a whole processor, a step's with its share."""
    least: dict[tuple[str, str, str, str], tuple[float, float]] = {}
    for each in taken:
        seconds, processor = least.get(each[:4], (each.seconds, each.processor))
        least[each[:4]] = min(seconds, each.seconds), min(processor, each.processor)
    drawn = empty(("function", "artifacts", "state", "step"), ("ms", "processor ms"))
    for (whose, function, state, step), figures in sorted(least.items(), key=lambda e: e[0][1]):
        drawn.add_row(function, whose, state, step, *(f"{each * 1000:.0f}" for each in figures))
    return drawn


if __name__ == "__main__":
    main()
