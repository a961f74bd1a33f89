"""`rotctl diagnose`: what is wrong with a rotation, in one line, and the chain that it hangs on."""

import json
from typing import Annotated

import typer

from rotctl import options
from rotctl.aws.functions import Functions
from rotctl.aws.session import Aws
from rotctl.healing.verdict import judge
from rotctl.links.chain import look
from rotctl.output import chain as shown
from rotctl.output.screen import out, say

HELP = """What is wrong with the rotation of a secret, in one line, and link by link.

\b
Examples:
  rotctl diagnose app/db
  rotctl diagnose app/db --explain
  rotctl diagnose app/db --output json

It changes nothing and reads no value.
It looks at the secret, its schedule, its function and who may invoke that, and asks the function
what it sees itself: each stored version's login, the way to the target, TLS, the admin, the rights.
Each link is ok, warning, broken or unknown, with what to do next.

The exit code is 1 if something is broken, and 2 if AWS cannot be asked.
"""

Name = Annotated[str, typer.Argument(metavar="SECRET", help="Its name or ARN.")]
Explain = Annotated[bool, typer.Option("--explain", help="Say why it thinks so.")]


def diagnose(  # noqa: PLR0913, PLR0917 each is an option
    secret: Name,
    explain: Explain = False,  # noqa: FBT002 Typer's
    output: options.AsOutput = options.Output.TABLE,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """Show the line, the reasons if they are asked for, and the chain."""
    aws = Aws(profile, region, endpoint_url)
    chain = look(aws, Functions(aws), secret)
    verdict = judge(chain)
    if output is options.Output.JSON:
        typer.echo(json.dumps(shown.document(chain, verdict), indent=2))
    else:
        say(shown.headline(chain, verdict))
        for reason in verdict.why if explain else ():
            say(f"  because: {reason}")
        say("")
        for line in shown.lines(chain):
            out().print(line, soft_wrap=True)
    if verdict.case.is_broken:
        raise typer.Exit(1)
