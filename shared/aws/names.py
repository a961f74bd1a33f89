"""What Secrets Manager calls a secret."""

import re

# A whole one, or one without the service's own last seven characters, which it takes too.
_ARN = re.compile(r"arn:[a-z-]+:secretsmanager:([a-z0-9-]+):[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+")


def secret_name(arn: str) -> str:
    """The name in a secret's whole ARN, whose last seven characters are the service's own.

    Source: Secrets Manager User Guide, "What's in a Secrets Manager secret?".
    """
    return arn.partition(":secret:")[2][: -len("-AbCdEf")]


def region_of(arn: str) -> str | None:
    """The region in a secret's ARN; None for what is none, as a value in the wrong place."""
    found = _ARN.fullmatch(arn)
    return found[1] if found else None
