"""A function's resource policy: whether Secrets Manager may invoke it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rotctl.aws.session import Aws
from rotctl.trouble import Missing, Trouble

SERVICE = "secretsmanager.amazonaws.com"
_ACTIONS = {"lambda:InvokeFunction", "lambda:*", "*"}
_ACCOUNT = 4  # arn:aws:lambda:REGION:ACCOUNT:...


@dataclass(frozen=True, slots=True)
class Policy:
    """lets: Secrets Manager may invoke the function; narrow: for secrets of its account alone.

    unseen: why that could not be seen.
    """

    lets: bool
    narrow: bool = False
    unseen: str = ""


def of_function(aws: Aws, arn: str) -> Policy:
    """The policy of the function that is there."""
    try:
        answer = aws.call("lambda", "get_policy", FunctionName=arn)
    except Missing:
        return Policy(lets=False)
    except Trouble as trouble:
        return Policy(lets=True, unseen=trouble.what)
    account = arn.split(":")[_ACCOUNT]
    statements = [each for each in _list(json.loads(answer["Policy"])["Statement"]) if _lets(each)]
    conditions = [_condition(each) for each in statements]
    of_account = [account in _list(each.get("aws:sourceaccount", account)) for each in conditions]
    narrow = all(each.keys() & {"aws:sourceaccount", "aws:sourcearn"} for each in conditions)
    return Policy(lets=any(of_account), narrow=narrow)


def _lets(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    services = _list(principal.get("Service", [])) if isinstance(principal, dict) else [principal]
    whom = {SERVICE, "*"} & set(services)
    what = _ACTIONS & set(_list(statement.get("Action", [])))
    return statement.get("Effect") == "Allow" and bool(whom and what)


def _condition(statement: Mapping[str, Any]) -> dict[str, Any]:
    """What each key, in small letters, has to be."""
    operators: Iterable[Mapping[str, Any]] = statement.get("Condition", {}).values()
    return {key.lower(): value for each in operators for key, value in each.items()}


def _list(one_or_many: Any) -> list[Any]:  # noqa: ANN401 JSON
    return one_or_many if isinstance(one_or_many, list) else [one_or_many]
