"""`rotctl heal`: the least that mends a rotation, shown, asked about, done and proved."""

from typing import Annotated

import typer

from rotctl import options
from rotctl.aws.session import Aws
from rotctl.healing.case import Verdict
from rotctl.healing.healer import Healer, Outcome, Result
from rotctl.healing.plan import Plan
from rotctl.links.chain import Chain
from rotctl.output.chain import headline
from rotctl.output.screen import say
from rotctl.state import labels

HELP = """Mend the rotation of a secret: the least that does it.

\b
Examples:
  rotctl heal app/db
  rotctl heal app/db --yes
  rotctl heal app/db --reset

It diagnoses the secret, shows what it would do, and asks; then it looks again, until a login and
the labels show that all is well. Run again, it finds nothing to do, also after it was killed.
It touches the target through the function alone, and moves AWSCURRENT only to a version that the
target was seen to accept. What a person has to do first it says, and changes nothing.

--reset is for a password that is in no version: the admin sets a new one, once.

The exit code is 1 if it is not mended, and 2 if it cannot go on.
"""

Name = Annotated[str, typer.Argument(metavar="SECRET", help="Its name or ARN.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Reset = Annotated[
    bool, typer.Option("--reset", help="Let the admin set a password, where none is accepted.")
]
Limit = Annotated[int, typer.Option(min=1, help="Seconds to wait for each rotation.")]
_GOOD = (Outcome.HEALED, Outcome.NOTHING)


def heal(  # noqa: PLR0913, PLR0917 each is an option
    secret: Name,
    yes: Yes = False,  # noqa: FBT002 Typer's
    reset: Reset = False,  # noqa: FBT002 Typer's
    limit: Limit = 300,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """Show the plan, ask, do it, and say how it ended."""

    def agrees(chain: Chain, verdict: Verdict, plan: Plan) -> bool:
        _show(chain, verdict, plan)
        question = "Has that been done, and shall I go on?" if plan.first else "Do this?"
        return yes or typer.confirm(question)

    aws = Aws(profile, region, endpoint_url)
    healer = Healer(aws, agrees, lambda text: say(f"  {text}"), limit, reset)
    result = healer.heal(secret)
    _tell(result)
    if result.outcome not in _GOOD:
        raise typer.Exit(1)


def _show(chain: Chain, verdict: Verdict, plan: Plan) -> None:
    say(f"{chain.secret.name}: {verdict.words}")
    if plan.first:
        say(f"first, and by you: {plan.first}")
    say("the plan:")
    for number, step in enumerate(plan.steps, 1):
        say(f"  {number}. {step.words}")


def _tell(result: Result) -> None:
    name, outcome = result.chain.secret.name, result.outcome
    if outcome in _GOOD:
        version = result.chain.secret.labels.get(labels.CURRENT, "")
        proof = f"{labels.CURRENT} is on {version}, and the target accepts it"
        say(f"{name}: {outcome}: {proof if result.is_proved else result.verdict.words}")
        return
    say(f"{name}: {outcome}")
    if outcome is Outcome.FAILED:
        do = "do what the step says that failed, then run this again"
        say(f"{name}: {result.verdict.words}; {do}")
        return
    say(headline(result.chain, result.verdict))
    if outcome is Outcome.PERSON:
        say(f"then run `rotctl heal {name}` again")
