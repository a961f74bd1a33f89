"""`make soak`: warm functions rotate for an hour; what they hold must not grow.

Real rotations by the built functions under AWS's emulator, each in the one process that it keeps.
The first quarter of the time is theirs to fill caches; after that, memory may not grow by more
than GROWTH, nor the number of open files and sockets at all.
"""

import argparse
import sys
import time
from dataclasses import dataclass, field

from local import bootstrap, evidence, template
from local.bench import processes
from local.demo.running import running_system
from local.system import System
from local.targets import Target

TARGETS = ("postgres", "postgres-alternating", "mariadb", "mariadb-alternating")
GROWTH = 1.05
MINUTE = 60.0
ROTATION_SECONDS = 120.0


@dataclass
class Held:
    """What a function's process held after each rotation."""

    arn: str
    target: Target
    megabytes: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    pids: set[int] = field(default_factory=set)

    def look(self) -> None:
        """At the process that has just rotated it."""
        process = processes.running(template.functions()[self.target.function].handler)
        self.pids.add(process)
        self.megabytes.append(processes.megabytes(process))
        self.descriptors.append(processes.descriptors(process))

    def ends(self) -> tuple[tuple[float, float], tuple[int, int]]:
        """The most memory and descriptors, warm and at the end."""
        warm, end = len(self.megabytes) // 4, -max(1, len(self.megabytes) // 4)
        part = slice(warm, warm + max(1, len(self.megabytes) // 4))
        return (
            (max(self.megabytes[part]), max(self.megabytes[end:])),
            (max(self.descriptors[part]), max(self.descriptors[end:])),
        )

    def wrong(self) -> list[str]:
        """What grew, or was started anew; empty if all is well."""
        (warm, last), (opened, open_last) = self.ends()
        return [
            problem
            for problem, there in (
                (f"memory grew from {warm:.1f} to {last:.1f} MB", last > warm * GROWTH),
                (f"descriptors grew from {opened} to {open_last}", open_last > opened),
                ("its process was started anew", len(self.pids) > 1),
            )
            if there
        ]


def soak(running: System, minutes: float) -> list[Held]:
    """Rotate all of them, over and over; raises RuntimeError where a rotation fails."""
    client = running.service.client()
    held = [
        Held(target.seed(client, f"soak/{name}"), target)
        for name, target in running.targets.items()
    ]
    ends, reported = time.monotonic() + MINUTE * minutes, 0.0
    while time.monotonic() < ends:
        for each in held:
            outcome = running.service.rotate(each.arn, each.target.function, ROTATION_SECONDS)
            if outcome.state != "succeeded":
                raise RuntimeError(f"{each.target.title}: {outcome.error}")
            each.look()
        if time.monotonic() - reported > MINUTE:
            reported = time.monotonic()
            bootstrap.say(f"{len(held[0].megabytes)} rotations of each")
    return held


def main() -> None:
    """Exits with 1 where something grew."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    minutes = parser.parse_args().minutes
    with running_system(TARGETS) as running:
        held = soak(running, minutes)
    wrong = []
    for each in held:
        (warm, last), (opened, open_last) = each.ends()
        row = f"{each.target.function}, {each.target.title}"
        figures: dict[str, evidence.Figure] = {
            "minutes": f"{minutes:g}",
            "rotations": len(each.megabytes),
            "MB warm": f"{warm:.1f}",
            "MB at the end": f"{last:.1f}",
            "descriptors warm": opened,
            "at the end": open_last,
        }
        evidence.record("soak", row, **figures)
        print(row, figures)
        wrong += [f"{row}: {problem}" for problem in each.wrong()]
    print("\n".join(wrong) or "nothing grew")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
