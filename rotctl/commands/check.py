"""`rotctl check`: files before they are stored, and secrets as they are stored."""

import itertools
import json
from datetime import timedelta
from typing import Annotated

import typer

from rotctl import clock, options
from rotctl.aws import secrets
from rotctl.aws.session import Aws
from rotctl.aws.variables import Deployed, deployed
from rotctl.files import read
from rotctl.output import checks as shown
from rotctl.output.screen import out, say, tell
from rotctl.state.finding import Report, Verdict
from rotctl.state.storage import survey
from rotctl.trouble import Trouble

HELP = """Check files before they are stored, or secrets as they are stored.

\b
Examples:
  rotctl check app.json
  rotctl check --admin admin.json
  rotctl check --function PostgresSingleUser app.json
  cat app.json | rotctl check -
  rotctl check --stored app/db
  rotctl check --prefix app/ --max-days 30 --output json

A FILE is a secret's value, an admin's secret or an issuer's description; it is told which, and why.
The functions' own code judges it, and nothing is sent anywhere.
With --function it judges as that function would, by its settings; without, by the defaults.

Of stored secrets it tells which key encrypts them, how often they rotate, whether replicas are in
step and policies are not public. It reads no value.

The exit code is 1 if something is broken, and 2 if the command cannot go on. Warnings leave it 0.
"""

Files = Annotated[
    list[str] | None, typer.Argument(metavar="[FILE]...", help="To be checked; - is the input.")
]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="KIND", help="Of a FILE: postgres, mysql or http-api-key."),
]
Admin = Annotated[bool, typer.Option("--admin", help="Each FILE is an admin's secret.")]
Description = Annotated[
    bool, typer.Option("--description", help="Each FILE is an issuer's description.")
]
Function = Annotated[
    str | None, typer.Option(help="Judge FILEs as this function, by its name or ARN.")
]
InStore = Annotated[
    list[str] | None,
    typer.Option("--stored", metavar="SECRET", help="A stored secret; repeatable."),
]
All = Annotated[bool, typer.Option("--all", help="Every stored secret with rotation.")]
MaxDays = Annotated[
    int, typer.Option(min=1, help="Of stored secrets: warn if they rotate less often.")
]


def check(  # noqa: PLR0913, PLR0917 each is an option
    files: Files = None,
    as_: As = None,
    admin: Admin = False,  # noqa: FBT002 Typer's
    description: Description = False,  # noqa: FBT002 Typer's
    function: Function = None,
    stored: InStore = None,
    prefix: options.Prefix = "",
    tag: options.Tags = None,
    all_: All = False,  # noqa: FBT002 Typer's
    max_days: MaxDays = 90,
    output: options.AsOutput = options.Output.TABLE,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """Files or stored secrets."""
    in_store = bool(stored or prefix or tag or all_)
    if bool(files) is in_store:
        raise Trouble(
            "check takes FILEs, or one of --stored, --prefix, --tag and --all",
            do="give one of them; see `rotctl check --help`",
        )
    aws = Aws(profile, region, endpoint_url)
    if files:
        _refuse_both(as_, function, admin=admin, description=description)
        flag = "admin" if admin else "description" if description else ""
        found = _files(files, as_ or "", flag, deployed(aws, function) if function else None)
    else:
        names = stored or [each.arn for each in secrets.listed(aws, prefix, options.tags_of(tag))]
        found = survey(aws, names, timedelta(days=max_days), clock.now())
    if output is options.Output.JSON:
        typer.echo(json.dumps(shown.document(found), indent=2))
    elif files:
        for line in itertools.chain.from_iterable(map(shown.lines, found)):
            say(line)
    else:
        out().print(shown.table(found, out().width))
        for line in shown.actions(found):
            say(f"\n{line}")
    if any(each.verdict is Verdict.BROKEN for each in found):
        raise typer.Exit(1)


def _refuse_both(as_: str | None, function: str | None, *, admin: bool, description: bool) -> None:
    """Raise Trouble for options that say two things."""
    if admin and description:
        raise Trouble("--admin and --description exclude each other", do="give one of them")
    if as_ and function:
        raise Trouble("--as and --function exclude each other", do="give one of them")


def _files(names: list[str], kind: str, flag: str, function: Deployed | None) -> list[Report]:
    sources = [read(name) for name in names]
    try:
        # The functions' code and their drivers are no other command's to load.
        from rotctl.offline.reports import reports  # noqa: PLC0415

        found = reports(sources, kind, flag, function)
    except ImportError as missing:
        raise Trouble(
            f"check judges files by the functions' own code, which needs {missing.name} here",
            do="install rotctl from a clone of the repository: `pipx install --force .`",
        ) from None
    if function is None:
        tell("judged by the default settings; with --function it is by those of a deployed one")
    return found
