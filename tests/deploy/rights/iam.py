"""Whether a role's policies allow a call, by IAM's documented rules, as far as ours use them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.deploy.stack.deployed import ACCOUNT, REGION, Stack

Statement = dict[str, Any]
ATTACHED_TO = "secretsmanager:resource/AllowRotationLambdaArn"
# What a call within the account and region brings along.
USUAL = {"aws:ResourceAccount": ACCOUNT, "aws:RequestedRegion": REGION}


def documents(stack: Stack, function: str) -> list[dict[str, Any]]:
    """The policies of the function's role: its own, and those that stand beside it."""
    role = stack.properties(f"{function}Role")
    assert "ManagedPolicyArns" not in role
    beside = stack.of_type("AWS::IAM::Policy").values()
    policies = [
        *role["Policies"],
        *(each for each in beside if f"Role-of-{function}Role" in each["Roles"]),
    ]
    return [each["PolicyDocument"] for each in policies]


def statements(stack: Stack, function: str) -> list[Statement]:
    """All of the function's role."""
    return [each for policy in documents(stack, function) for each in policy["Statement"]]


def actions(stack: Stack, function: str) -> set[str]:
    """All that its statements allow, on whatever."""
    allowing = (each for each in statements(stack, function) if each["Effect"] == "Allow")
    return {action for each in allowing for action in listed(each["Action"])}


def allows(
    granted: Iterable[Statement], action: str, resource: str, context: Mapping[str, str]
) -> bool:
    """Whether a statement allows it and none denies it."""
    effects = {
        each["Effect"]
        for each in granted
        if any(_like(pattern, action) for pattern in listed(each["Action"]))
        and any(_like(pattern, resource) for pattern in listed(each["Resource"]))
        and _met(each.get("Condition", {}), {**USUAL, **context})
    }
    return effects == {"Allow"}


def listed(value: str | list[str]) -> list[str]:
    """IAM takes one as a list of one."""
    return [value] if isinstance(value, str) else value


def _met(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    return all(
        _one(operator, wanted, context.get(key))
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _one(operator: str, wanted: str | list[str], found: str | None) -> bool:
    """A key that is missing meets no condition but Null's, and those of IfExists.

    Each key has one value here, so any of its values is that one.
    """
    if operator == "Null":
        return (found is None) == (wanted == "true")
    if operator.endswith("IfExists") and found is None:
        return True
    if found is None:
        return False
    if operator in ("StringEquals", "ForAnyValue:StringEquals", "BoolIfExists"):
        return found in listed(wanted)
    if operator == "ForAnyValue:StringNotEquals":
        return found not in listed(wanted)
    assert operator == "StringLike"
    return any(_like(pattern, found) for pattern in listed(wanted))


def _like(pattern: str, text: str) -> bool:
    """IAM's wildcards: * for any characters, ? for one."""
    words = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(words, text, re.DOTALL) is not None
