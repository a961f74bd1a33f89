"""`make bench-lambda-size`: what memory and time the functions need, for template.yaml's choice.

Real rotations by the built functions under AWS's emulator. Lambda gives a function processor time
by its memory, a whole one at 1,769 MB, so the processor time that a step took here, its start
with it, says how long it takes there with less; the target's own time is not in it.
Source: Lambda's developer guide, "Configure Lambda function memory".
"""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from rich.console import Console
from rich.table import Table

from local import template
from local.demo.__main__ import DEFAULT, rotate
from local.demo.timeline import Timeline
from local.functions import Home, name_of
from local.system import HomeKind, Kind, system

ONE_PROCESSOR = 1769  # megabytes
CANDIDATES = (128, 256, 512, 1024)
KINDS = [*DEFAULT, Kind.MYSQL_ALTERNATING]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Measured:
    """A Home that looks at a function's process after each step.

    peak: its most megabytes so far; steps: the processor's seconds of each, by the step's name.
    """

    home: Home
    peak: dict[str, float] = field(default_factory=dict)
    steps: dict[str, dict[str, float]] = field(default_factory=dict)
    _used: dict[int, float] = field(default_factory=dict)

    RUNTIME: ClassVar[bytes] = b"awslambdaric"

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        """Run it where it lives."""
        name = name_of(function)
        try:
            self.home.invoke(function, event)
        finally:
            process = self._process(template.functions()[name].handler)
            megabytes, seconds = _megabytes(process), _seconds(process)
            took = seconds - self._used.get(process, 0)
            self._used[process] = seconds
            self.peak[name] = max(megabytes, self.peak.get(name, 0))
            steps = self.steps.setdefault(name, {})
            steps[str(event["Step"])] = max(took, steps.get(str(event["Step"]), 0))

    def _process(self, handler: str) -> int:
        """The one of ours that runs the handler."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it has ended
                continue
            if self.RUNTIME in words and handler.encode() in words and _ours(int(folder.name)):
                return int(folder.name)
        raise LookupError(f"no process runs {handler}")


def _ours(process: int) -> bool:
    while process > 1:
        if process == os.getpid():
            return True
        process = int(_stat(process)[1])
    return False


def _stat(process: int) -> list[str]:
    """What follows the name, which may have spaces: state, parent, and so on; proc(5)."""
    return Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()


def _seconds(process: int) -> float:
    return sum(map(int, _stat(process)[11:13])) / TICKS


def _megabytes(process: int) -> float:
    status = Path("/proc", str(process), "status").read_text()
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kilobytes) / 1024


def main() -> None:
    """Rotate twice with each function, the second time warm, and print what each needed."""
    console = Console(highlight=False)
    homes: list[Measured] = []

    def around(home: Home) -> Home:
        homes.append(Measured(home))
        return homes[0]

    with (
        tempfile.TemporaryDirectory(prefix="rotation-size-") as folder,
        system(KINDS, folder=Path(folder), home=HomeKind.EMULATOR, around=around) as running,
    ):
        client = running.service.client()
        for kind, target in running.targets.items():
            arn = target.seed(client, f"size/{kind}")
            for _ in range(2):
                rotate(running, target, arn, Timeline(Console(quiet=True)))
    console.print(_table(homes[0]))


def _table(measured: Measured) -> Table:
    table = Table("function", "peak MB", "longest step", "processor s")
    for megabytes in CANDIDATES:
        table.add_column(f"s at {megabytes} MB", justify="right")
    for function, steps in measured.steps.items():
        step, seconds = max(steps.items(), key=lambda each: each[1])
        there = (f"{seconds * ONE_PROCESSOR / megabytes:.1f}" for megabytes in CANDIDATES)
        table.add_row(function, f"{measured.peak[function]:.0f}", step, f"{seconds:.2f}", *there)
    return table


if __name__ == "__main__":
    main()
