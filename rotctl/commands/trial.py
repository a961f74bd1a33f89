"""`rotctl try`: the function's testSecret alone, which rotates nothing."""

import threading
from typing import Annotated

import typer

from rotctl import options
from rotctl.aws import secrets
from rotctl.aws.functions import Functions
from rotctl.aws.session import Aws
from rotctl.commands.ended import tell_ending
from rotctl.output.screen import say
from rotctl.state.following import End, Follower
from rotctl.state.starting import start

HELP = """Try the rotation of a secret: testSecret alone, on a copy of the current value.

\b
Examples:
  rotctl try app/db
  rotctl try app/db --limit 60

It changes no password, no label and no rule of the schedule.
It is a RotateSecret, so Secrets Manager may reckon the date of the next rotation anew, from now:
the local one does, and whether AWS does is not known. `rotctl diagnose` begins nothing.
It proves that Secrets Manager may invoke the function, that the function may read the secret,
that it reaches the target and trusts it, and that the current credential works.
It does not prove that a new password can be stored, or that the server will take it.

The exit code is 1 if the test failed, and 2 if AWS cannot be asked.
"""
PROVED = (
    "proved: the function is invoked, may read the secret, reaches the target and trusts it,"
    " and the current credential works"
)
NOT_PROVED = "not proved: that a new password can be stored, and that the server will take it"

Limit = Annotated[int, typer.Option(min=1, help="Seconds to wait for its end.")]
Name = Annotated[str, typer.Argument(metavar="SECRET", help="Its name or ARN.")]


def trial(
    secret: Name,
    limit: Limit = 120,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """Begin the test, and follow it to its end."""
    aws = Aws(profile, region, endpoint_url)
    begun = start(aws, Functions(aws), secrets.described(aws, secret), test=True)
    follower = Follower(aws, limit, lambda text: say(f"  {text}"), threading.Event())
    ending = follower.follow(begun.watched)
    tell_ending(begun.watched, ending, done="the test passed, and nothing was rotated")
    if ending.end is not End.DONE:
        raise typer.Exit(1)
    say(f"  {PROVED}\n  {NOT_PROVED}")
