"""Whether Secrets Manager may invoke a function for a secret, by the function's resource policy.

Source: AWS Lambda developer guide, "Resource-based policies"; IAM user guide, "Condition".
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from rotctl.aws.session import Aws
from rotctl.trouble import Denied, Missing

SERVICE = "secretsmanager.amazonaws.com"
RIGHT = "lambda:GetPolicy"
_ACTION = "lambda:InvokeFunction"
_INVOKE = _ACTION.lower()
_ACCOUNT = 4  # arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME
# Operators that compare with a pattern, or with what is none.
_LIKE = {"stringequals", "stringlike", "arnlike", "arnequals"}


@dataclass(frozen=True, slots=True)
class Permission:
    """A function's resource policy; statements: None where the caller may not read it."""

    statements: tuple[Mapping[str, Any], ...] | None

    def lets_invoke(self, secret: str) -> bool | None:
        """Whether Secrets Manager may, for the secret with this ARN; None if that is not seen."""
        if self.statements is None:
            return None
        allow = [each for each in self.statements if each.get("Effect") == "Allow"]
        forbid = [each for each in self.statements if each.get("Effect") != "Allow"]
        match _any(_applies(each, secret) for each in forbid):
            case False:
                return _any(_applies(each, secret) for each in allow)
            case None:
                return None
            case _:
                return False


def of_function(aws: Aws, arn: str) -> Permission:
    """The function's; raises Trouble."""
    try:
        answer = aws.call("lambda", "get_policy", FunctionName=arn)
    except Missing:
        return Permission(())
    except Denied:
        return Permission(None)
    return Permission(tuple(_listed(json.loads(answer["Policy"]).get("Statement"))))


def grant(function: str, secret: str) -> str:
    """The command that lets Secrets Manager invoke the function, for the secret's account."""
    return (
        f"`aws lambda add-permission --function-name {function}"
        f" --statement-id SecretsManager --action {_ACTION}"
        f" --principal {SERVICE} --source-account {secret.split(':')[_ACCOUNT]}`"
    )


def _applies(statement: Mapping[str, Any], secret: str) -> bool | None:
    """To an invocation for the secret; None for what is not understood, such as NotPrincipal."""
    if "Principal" not in statement or "Action" not in statement:
        return None
    principal = statement["Principal"]
    services = _listed(principal.get("Service") if isinstance(principal, dict) else principal)
    actions = [str(each).lower() for each in _listed(statement["Action"])]
    is_meant = any(each in {SERVICE, "*"} for each in services)
    if not is_meant or not any(fnmatchcase(_INVOKE, each) for each in actions):
        return False
    met = [_meets(*each, secret) for each in _conditions(statement)]
    if False in met:
        return False
    return None if None in met else True


def _conditions(statement: Mapping[str, Any]) -> list[tuple[str, str, list[Any]]]:
    """Each operator, key and its values; operators and keys in lower case."""
    return [
        (operator.lower(), key.lower(), _listed(values))
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, values in keys.items()
    ]


def _meets(operator: str, key: str, values: Iterable[Any], secret: str) -> bool | None:
    known = {"aws:sourceaccount": secret.split(":")[_ACCOUNT], "aws:sourcearn": secret}
    if operator not in _LIKE or key not in known:
        return None
    return any(fnmatchcase(known[key], str(each)) for each in values)


def _any(answers: Iterable[bool | None]) -> bool | None:
    """Whether one is true; None if that is not known."""
    found = set(answers)
    if True in found:
        return True
    return None if None in found else False


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 as JSON has it: one, or a list of them
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
