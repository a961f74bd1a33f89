"""`rotctl status`: where every rotation stands, those that need a person first."""

import json
import time
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rotctl import clock, options
from rotctl.aws import secrets
from rotctl.aws.functions import Functions, name_of
from rotctl.aws.session import Aws
from rotctl.output import rows as shown
from rotctl.output.screen import out, say
from rotctl.output.times import short
from rotctl.state.standing import State
from rotctl.state.survey import Row, survey
from rotctl.trouble import Passing, Trouble

HELP = """Where every rotation stands, those that need a person first.

\b
Examples:
  rotctl status
  rotctl status --prefix app/ --state stuck --state overdue
  rotctl status --tag team=data --output json
  rotctl status --function PostgresSingleUser --watch

It changes nothing and reads no value.
The states are stuck, refused, function-gone, overdue, no-permission, not-seen, rotating,
due, never-rotated, fine and off.
The exit code is 1 if a secret needs a person, as in the first six, and 2 if AWS cannot be asked.
"""

Function = Annotated[str, typer.Option(help="Only secrets of this function, by its name.")]
States = Annotated[
    list[State] | None,
    typer.Option("--state", metavar="STATE", help="Only secrets in this state; repeatable."),
]
Watch = Annotated[bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")]
Every = Annotated[int, typer.Option(min=1, help="Seconds between two looks of --watch.")]


def status(  # noqa: PLR0913, PLR0917 each is an option
    prefix: options.Prefix = "",
    tag: options.Tags = None,
    state: States = None,
    function: Function = "",
    watch: Watch = False,  # noqa: FBT002 Typer's
    every: Every = 10,
    output: options.AsOutput = options.Output.TABLE,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """Show it once, or until Ctrl-C."""
    aws = Aws(profile, region, endpoint_url)
    tags = options.tags_of(tag)

    def look() -> list[Row]:
        found = [
            each
            for each in secrets.listed(aws, prefix, tags)
            if not function or name_of(each.function) == function
        ]
        rows = survey(found, Functions(aws), aws, clock.now())
        return [row for row in rows if not state or row.standing.state in state]

    if watch and output is options.Output.JSON:
        raise Trouble("--watch shows a table", do="leave out --output json, or --watch")
    if watch:
        _watch(look, every)
        return
    rows = look()
    if output is options.Output.JSON:
        typer.echo(json.dumps(shown.document(rows), indent=2))
    else:
        out().print(_table(rows))
        for line in shown.actions(rows):
            say(f"\n{line}")
    if any(row.standing.state.needs_a_person for row in rows):
        raise typer.Exit(1)


def _watch(look: Callable[[], list[Row]], every: int) -> None:
    """An error that passes is shown below the last good look; any other ends it."""
    screen, looked = _screen(look()), clock.now()
    with Live(screen, console=out(), auto_refresh=False) as live:
        try:
            while True:
                time.sleep(every)
                try:
                    screen, looked = _screen(look()), clock.now()
                    live.update(screen, refresh=True)
                except Passing as passing:
                    since = f"as it was at {short(looked)}: {passing.what}"
                    again = f"it looks again every {every} seconds"
                    live.update(Group(screen, Text(f"\n{since}; {again}")), refresh=True)
        except KeyboardInterrupt:
            return


def _table(rows: list[Row]) -> Table:
    return shown.table(rows, short(clock.now()), out().width)


def _screen(rows: list[Row]) -> Group:
    return Group(_table(rows), *(Text(f"\n{line}") for line in shown.actions(rows)))
