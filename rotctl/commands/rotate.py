"""`rotctl rotate`: one secret as you watch, or many, some at a time."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import Progress as Bar

from rotctl import options
from rotctl.aws import secrets
from rotctl.aws.functions import Functions
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.commands.ended import tell_ending
from rotctl.output.screen import aside, say, tell
from rotctl.output.times import iso
from rotctl.state.fleet import Fleet, Report, Result
from rotctl.state.following import End, Follower
from rotctl.state.starting import start
from rotctl.trouble import Trouble

HELP = """Rotate a secret now, or many.

\b
Examples:
  rotctl rotate app/db
  rotctl rotate app/db --no-wait
  rotctl rotate --prefix app/ --yes
  rotctl rotate --tag team=data --at-once 10 --yes
  rotctl rotate --all --yes --since 2026-11-30T03:00:00Z

It waits until the rotation has ended; with --no-wait it only begins it.
The schedule stays as it is.
If a rotation of the secret has not ended, Secrets Manager attempts that one again.

Many are rotated some at a time. One that is rotating already is waited for, and one that is stuck
is left alone: rotate it by its name.
Interrupted, the run says with which --since to go on: what was rotated since then is left out.

The exit code is 1 if a secret was not rotated, and 2 if AWS cannot be asked.
"""

Name = Annotated[str | None, typer.Argument(metavar="[SECRET]", help="Its name or ARN.")]
All = Annotated[bool, typer.Option("--all", help="Every secret whose rotation is on.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Until it has ended.")]
Limit = Annotated[int, typer.Option(min=1, help="Seconds to wait for each.")]
AtOnce = Annotated[
    # Two of a rotation's calls share 50 a second (quotas of Secrets Manager).
    int, typer.Option(min=1, max=25, help="How many of them rotate at the same time.")
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Leave out what was rotated since then, in UTC."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before many are rotated.")]


def rotate(  # noqa: PLR0913, PLR0917 each is an option
    secret: Name = None,
    prefix: options.Prefix = "",
    tag: options.Tags = None,
    all_: All = False,  # noqa: FBT002 Typer's
    wait: Wait = True,  # noqa: FBT002 Typer's
    limit: Limit = 300,
    at_once: AtOnce = 5,
    since: Since = None,
    yes: Yes = False,  # noqa: FBT002 Typer's
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """One by its name, or those that are chosen."""
    aws = Aws(profile, region, endpoint_url)
    many = bool(prefix or tag or all_)
    if (secret is None) is not many:
        raise Trouble(
            "rotate takes a SECRET, or one of --prefix, --tag and --all",
            do="give one of them; see `rotctl rotate --help`",
        )
    if secret is not None:
        _one(aws, secret, limit if wait else 0)
        return
    going_on_from = _moment(since) if since else None
    found = [each for each in secrets.listed(aws, prefix, options.tags_of(tag)) if each.enabled]
    began = going_on_from or aws.now.replace(microsecond=0)
    if not yes and not typer.confirm(f"{len(found)} to rotate. Begin?"):
        raise typer.Exit(1)
    _many(Fleet(aws, began, at_once, limit if wait else 0), found)


def _one(aws: Aws, name: str, limit: float) -> None:
    begun = start(aws, Functions(aws), secrets.described(aws, name), test=False)
    version = begun.watched.version
    what = "its rotation had not ended and is attempted again" if begun.again else "begun"
    say(f"{begun.watched.secret.name}: {what}, version {version}")
    if not limit:
        return
    follower = Follower(aws, limit, lambda text: say(f"  {text}"), threading.Event())
    ending = follower.follow(begun.watched)
    tell_ending(begun.watched, ending, done="rotated")
    if ending.end is not End.DONE:
        raise typer.Exit(1)


def _many(fleet: Fleet, found: Sequence[Secret]) -> None:
    go_on = f"to go on with this run, give it --since {iso(fleet.since)}"
    tell(f"began {iso(fleet.since)}; {go_on}")
    reports: list[Report] = []
    try:
        with Bar(console=aside()) as bar:
            task = bar.add_task("rotating", total=len(found))
            for report in fleet.rotate(found):
                reports.append(report)
                bar.advance(task)
    except KeyboardInterrupt:
        tell(f"interrupted: what was begun goes on at AWS; {go_on}")
    _tell(reports, len(found))
    if len(reports) < len(found) or not all(each.result.is_good for each in reports):
        raise typer.Exit(1)


def _tell(reports: Sequence[Report], total: int) -> None:
    counted = Counter(report.result for report in reports)
    counted[Result.LEFT] += total - len(reports)
    for report in sorted(reports, key=lambda each: each.secret.name):
        why = f": {report.why}" if report.why else ""
        say(f"{report.secret.name}: {report.result}{why}")
    say(", ".join(f"{counted[each]} {each}" for each in Result if counted[each]) or "none")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Trouble(
            f"--since {text!r} is no time", do="give such as 2026-11-30T03:00:00Z"
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
