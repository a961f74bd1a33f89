"""`rotctl rotate`: one secret as you watch, or many, some at a time."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from rotctl import options
from rotctl.aws import secrets
from rotctl.aws.functions import Functions
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.commands.chosen import nothing
from rotctl.commands.ended import tell_ending
from rotctl.commands.many import ask, finish, run, tell_reports
from rotctl.output.screen import say, tell
from rotctl.output.times import iso
from rotctl.state.fleet import Fleet, Report, Result
from rotctl.state.following import Follower
from rotctl.state.rotating import Rotating, ended
from rotctl.state.starting import start
from rotctl.trouble import Trouble

HELP = """Rotate a secret now, or many.

\b
Examples:
  rotctl rotate app/db
  rotctl rotate app/db --no-wait
  rotctl rotate --prefix app/ --yes
  rotctl rotate --tag team=data --at-once 10 --output json --yes
  rotctl rotate --all --outside-windows --yes
  rotctl rotate --all --outside-windows --yes --since 2026-11-30T03:00:00Z

It waits until the rotation has ended; with --no-wait it only begins it.
The schedule stays as it is.
If a rotation of the secret has not ended, Secrets Manager attempts that one again.

Many are rotated some at a time, and only those whose window is open now; --outside-windows, for an
emergency, has all of them rotated. A secret that you name is rotated whatever its window.
One whose rotation is switched off is left alone.
One that is rotating already is waited for, and one that is stuck is left alone: rotate it by its
name.
Interrupted, the run says with which --since to go on: what was rotated since then is left out.

The exit code is 1 if a secret that was chosen was not rotated, and 2 if AWS cannot be asked.
"""

_OFF = "rotation is switched off"

AnyTime = Annotated[
    bool, typer.Option("--outside-windows", help="Also those of many whose window is not open.")
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Leave out what was rotated since then, in UTC."),
]


def rotate(  # noqa: PLR0913, PLR0917 each is an option
    secret: options.OneSecret = None,
    prefix: options.Prefix = "",
    tag: options.Tags = None,
    all_: options.All = False,  # noqa: FBT002 Typer's
    outside_windows: AnyTime = False,  # noqa: FBT002 Typer's
    wait: options.Wait = True,  # noqa: FBT002 Typer's
    limit: options.Limit = 300,
    at_once: options.AtOnce = 5,
    since: Since = None,
    yes: options.Yes = False,  # noqa: FBT002 Typer's
    output: options.AsOutput = options.Output.TABLE,
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
    going_on_from = _moment(since) if since else None
    as_json = output is options.Output.JSON
    fleet, is_nothing = Fleet(at_once), False
    if secret is not None:
        # A program reads the output: what a person would watch goes beside it.
        show = tell if as_json else say
        follower = Follower(aws, limit, lambda text: show(f"  {text}"), fleet.stop)
        done = [_one(aws, secret, follower if wait else None, show)]
    else:
        chosen = list(secrets.listed(aws, prefix, options.tags_of(tag)))
        is_nothing = nothing(chosen, prefix, tag)
        found = [each for each in chosen if each.enabled]
        began = going_on_from or aws.now.replace(microsecond=0)
        follower = Follower(aws, limit, lambda _text: None, fleet.stop)
        rotating = Rotating(aws, began, outside_windows, follower if wait else None)
        off = [Report(each, Result.KEPT, _OFF) for each in chosen if not each.enabled]
        done = [*off, *_many(rotating, fleet, found, yes=yes)]
        if not as_json:
            tell_reports(done)
    finish(done, as_json=as_json)
    if is_nothing:
        raise typer.Exit(1)


def _one(aws: Aws, name: str, follower: Follower | None, show: Callable[[str], None]) -> Report:
    begun = start(aws, Functions(aws), secrets.described(aws, name), test=False)
    watched = begun.watched
    what = "its rotation had not ended and is attempted again" if begun.again else "begun"
    show(f"{watched.secret.name}: {what}, version {watched.version}")
    if follower is None:
        return Report(watched.secret, Result.BEGUN, version=watched.version)
    ending = follower.follow(watched)
    tell_ending(watched, ending, done="rotated", show=show)
    return ended(watched, ending)


def _many(rotating: Rotating, fleet: Fleet, found: Sequence[Secret], *, yes: bool) -> list[Report]:
    left = sum(rotating.shut(each) for each in found)
    words = f"{len(found) - left} to rotate"
    if left:
        words += f", and {left} left out whose window is not open (see --outside-windows)"
    go_on = f"to go on with this run, give it --since {iso(rotating.since)}"
    if left < len(found):
        ask(words, yes=yes)
        tell(f"began {iso(rotating.since)}; {go_on}")
    else:
        tell(words)
    return run(fleet, found, rotating.rotate, doing="rotating", go_on=go_on)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Trouble(
            f"--since {text!r} is no time", do="give such as 2026-11-30T03:00:00Z"
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
