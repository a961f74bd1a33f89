"""Who may invoke each function, as its resource policy says; the template gives one permission.

Source: AWS Lambda API reference, GetPolicy and AddPermission; the form of the policy is that of the
developer guide, "Viewing resource-based IAM policies in Lambda".
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

SERVICE = "secretsmanager.amazonaws.com"
_INVOKE = "lambda:InvokeFunction"

Statement = Mapping[str, Any]


class Permissions:
    """The statements of each function's policy, by its name."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._statements: dict[str, list[Statement]] = {}

    def of(self, name: str) -> list[Statement]:
        """The function's; at first what the template has: Secrets Manager, for this account."""
        if name not in self._statements:
            given = {"Principal": SERVICE, "Action": _INVOKE, "SourceAccount": self._account}
            self._statements[name] = [statement("Invocation", given)]
        return self._statements[name]

    def remove_all(self, name: str) -> None:
        """Leave the function without a policy."""
        self._statements[name] = []

    def lets_secrets_manager(self, name: str) -> bool:
        """Whether any statement is for the service; conditions are not looked at."""
        return any(each["Principal"] == {"Service": SERVICE} for each in self.of(name))


def statement(sid: str, given: Mapping[str, Any]) -> Statement:
    """One that AddPermission makes of its request, without the function."""
    conditions: dict[str, dict[str, str]] = {}
    if "SourceAccount" in given:
        conditions["StringEquals"] = {"AWS:SourceAccount": given["SourceAccount"]}
    if "SourceArn" in given:
        conditions["ArnLike"] = {"AWS:SourceArn": given["SourceArn"]}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": given["Principal"]},
        "Action": given["Action"],
        **({"Condition": conditions} if conditions else {}),
    }


def policy(statements: Iterable[Statement], arn: str) -> str:
    """The policy of the function with this ARN as JSON, as GetPolicy answers it."""
    whole = [{**each, "Resource": arn} for each in statements]
    return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": whole})
