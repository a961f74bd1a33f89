"""`make replay FUNCTION=PostgresSingleUser STEP=setSecret`: exit code 1 if the step fails."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from local.demo.running import running_system
from local.replay.request import ALL, RefusedError, ReplayRequest, read_request
from local.replay.run import Replay
from local.replay.show import show, show_earlier
from local.system import System

USAGE = "make replay FUNCTION=<function> STEP=<step> [ARGS='--target <target>']"


def main(
    function: Annotated[str, typer.Argument(help="As template.yaml names it.")] = "",
    step: Annotated[str, typer.Argument(help="A file of events/<function>, or all.")] = ALL,
    target: Annotated[
        str | None, typer.Option(help="Another target than the function's usual one.")
    ] = None,
) -> None:
    """Send one event file to the built function, after the steps that come before it.

    Under AWS's emulator, against real targets and a secret that stands where the event says.
    """
    try:
        wanted = read_request(function, step or ALL, target)
    except RefusedError as refusal:
        print(f"{refusal}\n{USAGE}", file=sys.stderr)
        raise typer.Exit(2) from None
    console = Console(highlight=False)
    with running_system([wanted.target], console) as running:
        succeeded = replay(running, wanted, console)
    if not succeeded:
        raise typer.Exit(1)


def replay(running: System, wanted: ReplayRequest, console: Console) -> bool:
    """Run the steps up to the first that fails; whether all that were asked for succeeded."""
    target = running.targets[wanted.target]
    events = (*wanted.earlier, *wanted.events)
    play = Replay(running, target, events[0])
    console.rule(f"[bold]{target.title} — {wanted.function}", align="left")
    for event in events:
        replayed = play.step(event)
        if event in wanted.events or replayed.failed:
            show(console, replayed, play.witness)
        else:
            show_earlier(console, replayed)
        if replayed.failed:
            return False
    return True


if __name__ == "__main__":
    typer.run(main)
