"""`make demo`: passwords of PostgreSQL and MySQL users, and an API key, rotated as you watch."""

import uuid
from typing import Annotated

import typer
from rich.console import Console

from local.choices import choose
from local.demo.faults import LostAnswer
from local.demo.running import running_system
from local.demo.timeline import Timeline, summary
from local.demo.verdict import Check, verdict
from local.demo.witness import Witness
from local.system import HomeKind, System
from local.targets import Target, registry
from shared.protocol.event import Step

WAIT_SECONDS = 120
TARGETS = list(registry.targets())

Rotations = list[tuple[Witness, list[Check]]]


def main(
    only: Annotated[
        list[str] | None, typer.Option(help=f"Just this; repeatable: {', '.join(TARGETS)}.")
    ] = None,
    times: Annotated[int, typer.Option(min=1, help="Rotations of each secret.")] = 1,
    fail: Annotated[
        Step | None,
        typer.Option(help="Lose this step's answer once: it runs, but the service sees a failure."),
    ] = None,
    home: Annotated[
        HomeKind, typer.Option(help="Run the functions built under AWS's emulator, or here.")
    ] = HomeKind.EMULATOR,
) -> None:
    """Rotate real secrets end to end on this machine: no AWS account, no Docker."""
    console = Console(highlight=False)
    names = choose(only, TARGETS, usual=registry.usual_targets())
    with running_system(
        names,
        console,
        home=home,
        around=lambda functions: LostAnswer(functions, fail) if fail else functions,
    ) as running:
        rotations = rotate_all(running, Timeline(console), times)
    console.print()
    console.print(summary(rotations))
    if not all(check.kept for _, checks in rotations for check in checks):
        raise typer.Exit(1)


def rotate_all(running: System, timeline: Timeline, times: int) -> Rotations:
    """Attach each target's function to a secret of it, and rotate it so many times."""
    client = running.service.client()
    rotations: Rotations = []
    for name, target in running.targets.items():
        arn = target.seed(client, f"demo/{name}")
        for number in range(1, times + 1):
            which = f", rotation {number} of {times}" if times > 1 else ""
            timeline.begin(f"{target.title} — {target.function}{which}")
            witness = rotate(running, target, arn, timeline)
            rotations.append((witness, verdict(witness)))
    return rotations


def rotate(running: System, target: Target, arn: str, timeline: Timeline) -> Witness:
    """One rotation by RotateSecret, watched to its end."""
    version = str(uuid.uuid4())
    witness = Witness(running.service.client(), target, arn, version, timeline.show)
    unsubscribe = running.service.subscribe(witness.see)
    try:
        witness.outcome = running.service.rotate(
            arn, target.function, WAIT_SECONDS, version=version
        )
    finally:
        unsubscribe()
        timeline.end()
    return witness


if __name__ == "__main__":
    typer.run(main)
