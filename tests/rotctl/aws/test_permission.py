"""Whether a function's resource policy lets Secrets Manager invoke it, and what is not guessed."""

from typing import Any

import pytest

from rotctl.aws.permission import Permission

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-abcdef"
OURS = {
    "Sid": "Invocation",
    "Effect": "Allow",
    "Principal": {"Service": "secretsmanager.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F",
    "Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}},
}


def where(**conditions: dict[str, str]) -> dict[str, Any]:
    return {**OURS, "Condition": conditions}


@pytest.mark.parametrize(
    ("statement", "lets"),
    [
        (OURS, True),
        (where(), True),
        ({**OURS, "Principal": "*"}, True),
        ({**OURS, "Action": ["lambda:Invoke*"]}, True),
        (where(ArnLike={"aws:SourceArn": "arn:aws:secretsmanager:*:*:secret:app/*"}), True),
        (where(StringEquals={"AWS:SourceAccount": "999999999999"}), False),
        (where(ArnLike={"AWS:SourceArn": "arn:aws:secretsmanager:*:*:secret:other/*"}), False),
        ({**OURS, "Principal": {"Service": "s3.amazonaws.com"}}, False),
        ({**OURS, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, False),
        ({**OURS, "Action": "lambda:GetFunction"}, False),
        ({**OURS, "Effect": "Deny"}, False),
        ({**where(Bool={"aws:SecureTransport": "true"}), "Effect": "Deny"}, None),
        (where(StringEquals={"aws:PrincipalOrgID": "o-1"}), None),
        (where(Bool={"aws:SecureTransport": "true"}), None),
        ({"Effect": "Allow", "NotPrincipal": "*", "Action": "*"}, None),
    ],
)  # fmt: skip
def test_a_statement(statement: dict[str, Any], *, lets: bool | None) -> None:
    assert Permission((statement,)).lets_invoke(SECRET) is lets
    # One that lets it is enough, but not where another might forbid it.
    is_allowed = True if statement["Effect"] == "Allow" else lets
    assert Permission((OURS, statement)).lets_invoke(SECRET) is is_allowed


def test_no_policy_and_one_that_may_not_be_read() -> None:
    assert Permission(()).lets_invoke(SECRET) is False
    assert Permission(None).lets_invoke(SECRET) is None
