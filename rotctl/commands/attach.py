"""`rotctl attach`: a rotation function and a schedule for one secret, or for many."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from rotctl import options
from rotctl.aws import secrets
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.aws.stack import STACK, function_arn
from rotctl.commands.chosen import nothing
from rotctl.commands.many import ask, finish, run, tell_reports
from rotctl.output.screen import say, tell
from rotctl.state import windows
from rotctl.state.attachable import attachable, check
from rotctl.state.attaching import Attaching
from rotctl.state.fleet import Fleet, Report
from rotctl.state.following import Follower
from rotctl.trouble import Trouble

HELP = """Attach a rotation function to a secret, or to many, and test it.

\b
Examples:
  rotctl attach app/db --function PostgresSingleUser
  rotctl attach app/db --function PostgresSingleUser --between 22:00-04:00 --window 1h
  rotctl attach app/db --function PostgresSingleUser --schedule "rate(30 days)" --window 3h
  rotctl attach --prefix app/ --function PostgresSingleUser --yes

The function is given by its ARN, its name, or the name that the template has for it.
Without --schedule a secret rotates once a month, in a window between two hours of the day in UTC.
Which day and which hour is chosen by a hash of its name: many secrets do not rotate in the same
minute, and the same secret always has the same window.

It shows what it is about to do, and asks.
Nothing is rotated: Secrets Manager has the function test the current value, and rotates it when its
window opens. A secret that the function is attached to keeps its schedule, unless you give one, and
is only tested again, which changes nothing and is not asked.

The exit code is 1 if a test failed or a secret was left alone, and 2 if nothing could be done.
"""

Function = Annotated[
    str,
    typer.Option(metavar="FUNCTION", help="Its ARN, its name, or the template's name of it."),
]
Stack = Annotated[str, typer.Option(help="The stack, for a function by the template's name.")]
Schedule = Annotated[str, typer.Option(help='"rate(...)" or "cron(...)" for all that are chosen.')]
Between = Annotated[
    str, typer.Option(metavar="HH:00-HH:00", help=f"Hours in UTC; without it {windows.BETWEEN}.")
]
Window = Annotated[
    str,
    typer.Option(
        metavar="HOURS",
        help=f"The window's length, such as {windows.HOURS}h, which it is without --schedule.",
    ),
]


def attach(  # noqa: PLR0913, PLR0917 each is an option
    function: Function,
    secret: options.OneSecret = None,
    prefix: options.Prefix = "",
    tag: options.Tags = None,
    schedule: Schedule = "",
    between: Between = "",
    window: Window = "",
    stack: Stack = STACK,
    wait: options.Wait = True,  # noqa: FBT002 Typer's
    limit: options.Limit = 120,
    at_once: options.AtOnce = 5,
    yes: options.Yes = False,  # noqa: FBT002 Typer's
    output: options.AsOutput = options.Output.TABLE,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """One by its name, or those that are chosen."""
    if (secret is None) is not bool(prefix or tag):
        raise Trouble(
            "attach takes a SECRET, or one of --prefix and --tag",
            do="give one of them; see `rotctl attach --help`",
        )
    choice = windows.choice(schedule, between, window)
    aws, fleet = Aws(profile, region, endpoint_url), Fleet(at_once)
    as_json, is_nothing = output is options.Output.JSON, False
    show = tell if as_json else say
    to = attachable(aws, function_arn(aws, function, stack))
    for right in to.unseen:
        tell(f"not all of {to.arn} can be seen: you lack the right {right}; the test tells more")
    step = (lambda text: show(f"  {text}")) if secret else (lambda _text: None)
    follower = Follower(aws, limit, step, fleet.stop) if wait else None
    attaching = Attaching(aws, to, choice, bool(schedule or between or window), follower)
    if secret is not None:
        done = _one(attaching, secrets.described(aws, secret), show, yes=yes)
    else:
        if schedule:
            tell("all of them rotate in one window; without --schedule each has its own")
        found = list(secrets.every(aws, prefix, options.tags_of(tag)))
        is_nothing = nothing(found, prefix, tag)
        done = _many(attaching, fleet, found, show, yes=yes)
        if not as_json:
            tell_reports(done)
    finish(done, as_json=as_json)
    if is_nothing:
        raise typer.Exit(1)


def _one(
    attaching: Attaching, secret: Secret, show: Callable[[str], None], *, yes: bool
) -> list[Report]:
    check(secret, attaching.to)
    show(attaching.words(secret))
    if not attaching.is_attached(secret):
        ask("1 to attach", yes=yes)
    report = attaching.attach(secret)
    show(f"{secret.name}: {report.result.words}{report.why and ': '}{report.why}")
    return [report]


def _many(
    attaching: Attaching,
    fleet: Fleet,
    found: Sequence[Secret],
    show: Callable[[str], None],
    *,
    yes: bool,
) -> list[Report]:
    left = {each.arn: report for each in found if (report := attaching.left_alone(each))}
    begun = [each for each in found if each.arn not in left]
    new = [each for each in begun if not attaching.is_attached(each)]
    for each in new:
        show(attaching.words(each))
    for report in left.values():
        show(f"{report.secret.name}: {report.result.words}: {report.why}")
    words = f"{len(new)} to attach, {len(begun) - len(new)} attached and only to be tested,"
    words += f" and {len(left)} left alone"
    if new:
        ask(words, yes=yes)
    else:
        tell(words)
    go_on = "run the same again: what was attached keeps its schedule"
    done = run(fleet, begun, attaching.attach, doing="attaching", go_on=go_on)
    return [*left.values(), *done]
