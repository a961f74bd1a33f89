"""`make bench-lambda-size`: what memory and time the functions need, for template.yaml's choice.

Real rotations by the built functions under AWS's emulator. Lambda gives a function processor time
by its memory, a whole one at 1,769 MB, so the processor time that a step took here, its start
with it, says how long it takes there with less; the target's own time is not in it.
Source: Lambda's developer guide, "Configure Lambda function memory".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from local import template
from local.bench import processes
from local.demo.running import running_system
from local.functions.home import Home, name_of
from local.targets import registry

ONE_PROCESSOR = 1769  # megabytes
WAIT_SECONDS = 120
CANDIDATES = (128, 256, 512, 1024)


@dataclass
class MeasuredHome:
    """A Home that looks at a function's process after each step.

    peak: its most megabytes so far; steps: the processor's seconds of each, by the step's name.
    """

    home: Home
    peak: dict[str, float] = field(default_factory=dict)
    steps: dict[str, dict[str, float]] = field(default_factory=dict)
    _used: dict[int, float] = field(default_factory=dict)

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        """Run it where it lives."""
        name = name_of(function)
        try:
            self.home.invoke(function, event)
        finally:
            process = processes.running(template.functions()[name].handler)
            megabytes, seconds = processes.peak_megabytes(process), processes.seconds(process)
            took = seconds - self._used.get(process, 0)
            self._used[process] = seconds
            self.peak[name] = max(megabytes, self.peak.get(name, 0))
            steps = self.steps.setdefault(name, {})
            steps[str(event["Step"])] = max(took, steps.get(str(event["Step"]), 0))


def main() -> None:
    """Rotate twice with each function, the second time warm, and print what each needed."""
    console = Console(highlight=False)
    homes: list[MeasuredHome] = []

    def around(home: Home) -> Home:
        homes.append(MeasuredHome(home))
        return homes[0]

    with running_system(registry.usual_targets(), around=around) as running:
        client = running.service.client()
        for name, target in running.targets.items():
            arn = target.seed(client, f"size/{name}")
            for _ in range(2):
                running.service.rotate(arn, target.function, WAIT_SECONDS)
    console.print(_table(homes[0]))


def _table(measured: MeasuredHome) -> Table:
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
