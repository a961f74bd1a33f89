"""What a run makes on AWS, and what that costs, before it is made."""

from collections.abc import Sequence

from local.verify.place import Place
from local.verify.registry import Check
from local.verify.stack import stack_name

# Of the price list, us-east-1, 2026: a secret for a month, and ten thousand calls.
SECRET_MONTH, CALLS_10_000 = 0.40, 0.05
MONTH_HOURS = 730
# Of a check, on the whole; a test counts what the checks make here. On AWS they have to wait more.
SECRETS, CALLS = 3, 100


def estimate(place: Place, checks: Sequence[Check]) -> str:
    """The announcement, in lines of text."""
    secrets, calls = SECRETS * len(checks), CALLS * len(checks)
    # A secret is paid by the hour that has begun.
    dollars = secrets * SECRET_MONTH / MONTH_HOURS + calls * CALLS_10_000 / 10_000
    return (
        f"It will make, and remove at the end:\n"
        f"  a stack of CloudFormation, {stack_name(place.prefix)}, with a Lambda function,"
        f" its role and its permission;\n"
        f"  up to {secrets} secrets named {place.prefix}/..., each for minutes,"
        f" and replicas of some in {place.other_region}.\n"
        f"It touches nothing else. It costs less than {dollars:.2f} US dollars:"
        f" up to {secrets} secrets for an hour and {calls} calls;"
        f" Lambda's part is far below a cent.\n"
        f"It takes some minutes, and up to two hours if AWS attempts failed rotations late."
    )
