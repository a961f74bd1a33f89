"""What the functions that tell of rotations may do: see, ask and publish, and nothing else."""

import pytest

from tests.deploy.rights.iam import actions, allows, statements
from tests.deploy.stack.deployed import (
    ACCOUNT,
    FUNCTIONS,
    REGION,
    WATCHERS,
    deploy,
    function_arn,
)

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
GIVEN = {"AlarmTopicArn": TOPIC, "CheckDaily": "true", "SecretPrefixes": "orders-,/billing/"}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}


def secret(name: str) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"


def group(function: str) -> str:
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{function}Logs:log-stream:x"


def test_the_teller_sees_what_it_tells_of_and_no_value() -> None:
    stack = deploy(**GIVEN)
    granted = statements(stack, "RotationTeller")
    assert actions(stack, "RotationTeller") == LOG | {
        *("secretsmanager:DescribeSecret", "lambda:GetFunctionConfiguration"),
        *("logs:FilterLogEvents", "sns:Publish", "kms:Decrypt", "kms:GenerateDataKey"),
    }
    for name, seen in (("orders-db", True), ("/billing/x", True), ("users-db", False)):
        assert allows(granted, "secretsmanager:DescribeSecret", secret(name), {}) is seen
    for name in FUNCTIONS:
        assert allows(granted, "logs:FilterLogEvents", group(name), {})
        assert allows(granted, "lambda:GetFunctionConfiguration", function_arn(name), {})
    for name in (*WATCHERS, "Another"):
        assert not allows(granted, "logs:FilterLogEvents", group(name), {})
    assert allows(granted, "sns:Publish", TOPIC, {})
    assert not allows(granted, "sns:Publish", f"{TOPIC}2", {})
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    for service, topic, used in (
        ("sns", TOPIC, True),
        ("sns", f"{TOPIC}2", False),
        ("secretsmanager", TOPIC, False),
    ):
        context = {
            "kms:ViaService": f"{service}.{REGION}.amazonaws.com",
            "kms:EncryptionContext:aws:sns:topicArn": topic,
        }
        assert allows(granted, "kms:GenerateDataKey", key, context) is used


def test_the_daily_check_asks_the_stacks_functions_and_begins_no_rotation() -> None:
    stack = deploy("PostgresSingleUser", **GIVEN)
    granted = statements(stack, "DailyCheck")
    assert actions(stack, "DailyCheck") == LOG | {
        *("secretsmanager:ListSecrets", "secretsmanager:DescribeSecret", "lambda:InvokeFunction"),
        *("sns:Publish", "kms:Decrypt", "kms:GenerateDataKey"),
    }
    for name, seen in (("orders-db", True), ("/billing/x", True), ("users-db", False)):
        assert allows(granted, "secretsmanager:DescribeSecret", secret(name), {}) is seen
    assert allows(granted, "lambda:InvokeFunction", function_arn("PostgresSingleUser"), {})
    assert not allows(granted, "lambda:InvokeFunction", function_arn("HttpApiKey"), {})
    assert allows(granted, "sns:Publish", TOPIC, {})
    assert not allows(granted, "sns:Publish", f"{TOPIC}2", {})


@pytest.mark.parametrize("function", WATCHERS)
def test_no_right_is_for_everything_but_to_list(function: str) -> None:
    for each in statements(deploy(**GIVEN), function):
        assert "*" not in str(each["Action"])
        assert (each["Resource"] == "*") == (each["Action"] == "secretsmanager:ListSecrets")


@pytest.mark.parametrize("function", WATCHERS)
def test_its_role_has_the_boundary_and_only_lambda_takes_it(function: str) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    role = deploy(**GIVEN, PermissionsBoundaryArn=boundary).properties(f"{function}Role")
    assert role["PermissionsBoundary"] == boundary
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
