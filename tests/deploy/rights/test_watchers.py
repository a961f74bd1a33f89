"""What the functions that tell of rotations may do: see, ask and publish, and nothing else."""

import pytest

from tests.deploy.rights.iam import actions, allows, statements
from tests.deploy.rights.renewal import RENEWAL
from tests.deploy.stack.deployed import (
    ACCOUNT,
    FUNCTIONS,
    REGION,
    WATCHERS,
    deploy,
    function_arn,
)

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
GIVEN = {
    "AlarmTopicArn": TOPIC,
    "CheckDaily": "true",
    "RenewReaders": "true",
    "SecretPrefixes": "orders-,/billing/",
}
TO_LIST = {"secretsmanager:ListSecrets", "tag:GetResources"}
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:ReaderRenewal"
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


def test_the_renewer_changes_what_has_the_tag_of_its_secrets_and_nothing_else() -> None:
    stack = deploy(**GIVEN)
    granted = statements(stack, "ReaderRenewer")
    # What the message needs is what the teller's does.
    assert actions(stack, "ReaderRenewer") == RENEWAL | actions(stack, "RotationTeller")
    service = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/web"
    function = function_arn("report")
    changes = (
        ("ecs:UpdateService", service),
        ("lambda:UpdateFunctionConfiguration", function),
        ("lambda:GetFunctionConfiguration", function),
    )
    for tag, may in (
        ("orders-db", True),
        ("users-db orders-db", True),
        ("users-db /billing/key other", True),
        ("users-db", False),
        ("my-orders-db", False),
        ("", False),
    ):
        for action, resource in changes:
            assert allows(granted, action, resource, {"aws:ResourceTag/reader-of": tag}) is may
    for action, resource in changes:
        assert not allows(granted, action, resource, {})
    assert allows(granted, "ecs:DescribeServices", service, {})
    assert allows(granted, "states:ListExecutions", MACHINE, {})
    assert not allows(granted, "states:ListExecutions", f"{MACHINE}2", {})
    everything = statements(deploy(**GIVEN | {"SecretPrefixes": ""}), "ReaderRenewer")
    assert allows(everything, *changes[0], {"aws:ResourceTag/reader-of": "any"})
    assert not allows(everything, *changes[0], {})


def test_the_state_machine_invokes_its_function_and_the_rule_starts_the_state_machine() -> None:
    stack = deploy(**GIVEN)
    for role, action, resource, service in (
        ("ReaderRenewal", "lambda:InvokeFunction", function_arn("ReaderRenewer"), "states"),
        ("ReaderRenewalStart", "states:StartExecution", MACHINE, "events"),
    ):
        assert actions(stack, role) == {action}
        assert allows(statements(stack, role), action, resource, {})
        assert not allows(statements(stack, role), action, f"{resource}2", {})
        (trust,) = stack.properties(f"{role}Role")["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


@pytest.mark.parametrize("function", WATCHERS)
def test_no_right_is_for_everything_but_to_list(function: str) -> None:
    for each in statements(deploy(**GIVEN), function):
        assert "*" not in str(each["Action"])
        assert (each["Resource"] == "*") == (str(each["Action"]) in TO_LIST)


@pytest.mark.parametrize("function", WATCHERS)
def test_its_role_has_the_boundary_and_only_lambda_takes_it(function: str) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    role = deploy(**GIVEN, PermissionsBoundaryArn=boundary).properties(f"{function}Role")
    assert role["PermissionsBoundary"] == boundary
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
