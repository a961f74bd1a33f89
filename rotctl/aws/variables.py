"""The handler and the environment variables of a deployed rotation function."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rotctl.aws.session import Aws
from rotctl.trouble import Trouble

_OURS = re.compile(r"rotators\.(\w+)\.(\w+)")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A function whose handler is `rotators.<kind>.<handler>`, with its variables."""

    kind: str
    handler: str
    variables: Mapping[str, str]


def deployed(aws: Aws, function: str) -> Deployed:
    """Of the function, by its name or ARN; raises Trouble, also for one that is not of these."""
    answer = aws.call("lambda", "get_function_configuration", FunctionName=function)
    ours = _OURS.fullmatch(answer.get("Handler", ""))
    if ours is None:
        raise Trouble(
            f"{function} is none of these functions, by its handler",
            do="give the function that is to rotate the secret, or say what it is by --as",
        )
    environment = answer.get("Environment", {})
    if "Error" in environment:  # such as a key that the caller may not use
        raise Trouble(
            f"Lambda does not show the variables of {function}",
            do="ask for the right kms:Decrypt on the key of its variables",
        )
    return Deployed(ours[1], ours[2], environment.get("Variables", {}))
