"""`make verify`: the facts of docs/secrets-manager-facts.md asked here, of an emulator or of AWS.

Exit code 0 if every rule holds that could be asked, 1 if not, 2 if nothing could be asked,
3 if something could not be removed.
"""

import enum
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.processes import ending
from local.verify import board, endpoint, rules
from local.verify.cost import estimate
from local.verify.place import Place
from local.verify.recording import save
from local.verify.registry import Check
from local.verify.stack import StackFailedError
from local.verify.sweep import sweep
from local.verify.verdict import Outcome, Result, Ruling, ask, rulings

BROKEN, NOT_ASKED, LEFT_BEHIND, INTERRUPTED = 1, 2, 3, 130


class Output(enum.StrEnum):
    """How the board is written."""

    TABLE = "table"
    JSON = "json"


def main(  # noqa: PLR0913 each is one thing to choose
    *,
    where: Annotated[
        str, typer.Option("--endpoint", help="local, aws, or an emulator's URL.")
    ] = endpoint.LOCAL,
    only: Annotated[list[int] | None, typer.Option(help="Just this fact; repeatable.")] = None,
    region: Annotated[str | None, typer.Option(help="On AWS, instead of the profile's.")] = None,
    profile: Annotated[str | None, typer.Option(help="On AWS, instead of the usual one.")] = None,
    output: Annotated[Output, typer.Option(help="How to write the board.")] = Output.TABLE,
    record: Annotated[
        Path | None, typer.Option(help="Keep what was asked and answered in this file.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="On AWS, do not ask before beginning.")
    ] = False,
    clean_up: Annotated[
        bool, typer.Option("--clean-up", help="Only remove what earlier runs have left there.")
    ] = False,
) -> None:
    """Ask the facts one by one, and show which hold."""
    kind = endpoint.kind_of(where)
    if kind is None:
        raise typer.BadParameter(f"{where}: it is local, aws or a URL")
    if clean_up and kind == "local":
        raise typer.BadParameter("--clean-up: the local service forgets all by itself")
    console = Console(stderr=output is Output.JSON, highlight=False, emoji=False)
    chosen = [each for each in rules.checks() if not only or each.number in only]
    try:
        if kind == "local":
            with endpoint.service() as service:
                place = endpoint.local_place(service)
                results = _ask_all(place, chosen, console)
        else:
            place = endpoint.remote_place(where, region, profile)
            if clean_up:
                _clean_up(place, console, every_run=True)
                return
            results = _remote(place, chosen, console, yes=yes)
    except (ClientError, BotoCoreError, StackFailedError) as error:
        console.print(f"Not asked: {error}", markup=False)
        raise typer.Exit(NOT_ASKED) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    if record:
        save(record, results, place)
    _show(list(rulings(results, kind, only or ())), output, console)


def _remote(place: Place, checks: list[Check], console: Console, *, yes: bool) -> list[Result]:
    """Announce what will be made if it costs, make the function, ask, and remove all of it."""
    if place.kind == "aws":
        _announce(place, checks, console, yes=yes)
    place.client().list_secrets(MaxResults=1)  # raises where nobody answers
    with _swept(place, console):
        if why := endpoint.deployed(place):
            console.print(f"Rotations cannot be asked there: {why}.", markup=False)
        return _ask_all(place, checks, console)


def _show(ruled: list[Ruling], output: Output, console: Console) -> None:
    """Write the board; exit with 1 if a rule does not hold."""
    if output is Output.JSON:
        print(board.as_json(ruled))
    else:
        board.show(console, ruled)
    if any(each.outcome is Outcome.BROKEN for each in ruled):
        raise typer.Exit(BROKEN)


def _ask_all(place: Place, checks: list[Check], console: Console) -> list[Result]:
    with console.status("") as status:
        results = []
        for check in checks:
            status.update(f"fact {check.number}: {check.says}")
            results.append(ask(place, check))
    return results


def _announce(place: Place, checks: list[Check], console: Console, *, yes: bool) -> None:
    """Say whose account it is, what will be made there and what that costs, and ask."""
    identity = place.client("sts").get_caller_identity()
    console.print(
        f"Account {identity['Account']} as {identity['Arn']},"
        f" at {place.client().meta.endpoint_url}.\n"
        f"{estimate(place, checks)}",
        markup=False,
    )
    if not yes and not typer.confirm("Begin?", err=True):
        raise typer.Exit(NOT_ASKED)


@contextmanager
def _swept(place: Place, console: Console) -> Iterator[None]:
    """Remove all that this run makes, however it ends."""
    try:
        yield
    finally:
        _clean_up(place, console)


def _clean_up(place: Place, console: Console, *, every_run: bool = False) -> None:
    """Remove, and say what is left; Ctrl-C ends it, and `--clean-up` goes on with it."""
    console.print("Removing what was made ...")
    try:
        swept = sweep(place, every_run=every_run)
    except BaseException:
        console.print("Not all is removed: run it again with --clean-up.")
        raise
    for name in swept.gone if every_run else ():
        console.print(f"  {name}", markup=False)
    if swept.left:
        console.print("Not removed; run it again with --clean-up:")
        for name in swept.left:
            console.print(f"  {name}", markup=False)
        raise typer.Exit(LEFT_BEHIND)
    console.print(f"{len(swept.gone)} removed, nothing is left.")


app = typer.Typer(add_completion=False)
app.command()(main)

if __name__ == "__main__":
    ending.in_order()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job has it ignored
    app()
