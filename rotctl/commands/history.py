"""`rotctl history`: a secret's rotations, a line each, the newest first."""

import json
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from rotctl import clock, options
from rotctl.aws import logs, secrets, trail
from rotctl.aws.functions import Functions
from rotctl.aws.session import Aws
from rotctl.output.screen import out, say, tell
from rotctl.output.times import iso, short
from rotctl.state.past import Outcome, Past, rotations
from rotctl.trouble import Denied, Passing

HELP = """The rotations of a secret, a line each, the newest first.

\b
Examples:
  rotctl history app/db
  rotctl history app/db --days 90
  rotctl history app/db --output json

A failure has its step, its code and what to do next.
It reads CloudTrail, which is some minutes late, and the log of the secret's function.
Tests are marked so.
"""

Name = Annotated[str, typer.Argument(metavar="SECRET", help="Its name or ARN.")]


def history(  # noqa: PLR0913, PLR0917 each is an option
    secret: Name,
    days: options.Days = 30,
    output: options.AsOutput = options.Output.TABLE,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """Show them; a source that cannot be read is left out, and told."""
    aws = Aws(profile, region, endpoint_url)
    described = secrets.described(aws, secret)
    since = clock.now() - timedelta(days=days)
    events: list[trail.TrailEvent] = []
    lines: list[logs.StepLine] = []
    try:
        events = trail.of_secret(aws, described.arn, since)
    except (Denied, Passing) as unseen:
        tell(f"without CloudTrail: {unseen}")
    try:
        function = Functions(aws)[described.function]
        if function.log_group:
            lines = logs.of_secret(aws, function.log_group, described.arn, since)
    except (Denied, Passing) as unseen:
        tell(f"without the function's log: {unseen}")
    found = rotations(events, lines)
    if output is options.Output.JSON:
        typer.echo(json.dumps([_document(each) for each in found], indent=2))
    elif found:
        out().print(_table(found))
    else:
        say(f"{described.name}: no rotation in the last {days} days")


def _table(found: list[Past]) -> Table:
    shown = Table(box=None, pad_edge=False, caption="times in UTC", caption_justify="left")
    for heading in ("began", "ended", "what", "outcome", "attempts", "next"):
        shown.add_column(heading, overflow="fold")
    for each in found:
        at = f" at {each.progress.step}" if each.outcome is Outcome.FAILED else ""
        code = f", {each.progress.code}" if at and each.progress.code else ""
        shown.add_row(
            short(each.began),
            short(each.ended),
            "test" if each.test else "rotation",
            f"{each.outcome}{at}{code}",
            str(each.attempts),
            each.action,
            style="red" if each.outcome is Outcome.FAILED else "",
        )
    return shown


def _document(past: Past) -> dict[str, object]:
    failed = past.outcome is Outcome.FAILED
    return {
        "version": past.version,
        "test": past.test,
        "began": iso(past.began),
        "ended": iso(past.ended),
        "outcome": str(past.outcome),
        "attempts": past.attempts,
        "step": past.progress.step if failed else None,
        "code": (past.progress.code or None) if failed else None,
        "message": (past.progress.message or None) if failed else None,
        "action": past.action or None,
    }
