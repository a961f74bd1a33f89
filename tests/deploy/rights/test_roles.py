"""What each role of the transformed template may do: what is said here and no more."""

import pytest

from tests.deploy.rights.iam import actions, allows, statements
from tests.deploy.stack.deployed import (
    ACCOUNT,
    FUNCTIONS,
    NETWORK,
    REGION,
    WATCHERS,
    deploy,
    function_arn,
    written_out,
)
from tests.deploy.stack.ways import every_way

ROTATE = {
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
RDS = {"rds:DescribeDBInstances", "rds:DescribeDBClusters"}
KMS = {"kms:Decrypt", "kms:GenerateDataKey"}
# Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC".
INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
# On users, whose tests are in test_secrets.py.
KEYS = {
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:GetAccessKeyLastUsed",
    "iam:GetUser",
    "iam:ListAccessKeys",
    "iam:TagUser",
    "iam:UntagUser",
    "iam:UpdateAccessKey",
}
ALTERNATING = [name for name in FUNCTIONS if name.endswith("AlternatingUsers")]
LOG_STREAM = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:%sLogs:log-stream:2026/11/30"


def test_no_role_and_no_right_is_added_by_the_transform() -> None:
    """SAM's own roles may write every log group, and make interfaces without a VPC."""
    resources = written_out()["Resources"]
    roles = {name for name, each in resources.items() if each["Type"] == "AWS::IAM::Role"}
    others = ("ReaderRenewal", "ReaderRenewalStart")  # of a state machine, and of a rule
    assert roles == {f"{name}Role" for name in (*FUNCTIONS, *WATCHERS, *others)}
    assert not [name for name, each in resources.items() if "ManagedPolicy" in str(each)]
    for name in (*FUNCTIONS, *WATCHERS):
        assert resources[name]["Properties"]["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_may_do_this_and_nothing_else(function: str) -> None:
    admin = RDS if function in ALTERNATING else KEYS if function == "IamAccessKey" else set()
    for alone in (deploy(function), deploy()):
        assert actions(alone, function) == ROTATE | LOG | admin
    everything = {"KmsKeyArns": "arn:aws:kms:us-east-1:123456789012:key/1", **NETWORK}
    assert actions(deploy(**everything), function) == ROTATE | LOG | admin | KMS | INTERFACES


def test_a_role_has_a_policy_only_with_a_statement_and_a_role() -> None:
    """IAM refuses one without: whatever is deployed, in whatever network."""
    for stack in every_way():
        for policy in stack.of_type("AWS::IAM::Policy").values():
            assert policy["Roles"]
            assert policy["PolicyDocument"]["Statement"]
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Resource"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_right_is_for_everything(function: str) -> None:
    stack = deploy(**NETWORK, KmsKeyArns="arn:aws:kms:us-east-1:123456789012:key/1")
    for each in statements(stack, function):
        if each["Effect"] == "Allow":
            assert "*" not in str(each["Action"])
            # Lambda takes these on all resources only.
            for_all = {"ec2:CreateNetworkInterface"} <= set(each["Action"])
            assert (each["Resource"] == "*") == for_all


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_writes_its_own_log_only(function: str) -> None:
    granted = statements(deploy(), function)
    for name in FUNCTIONS:
        assert allows(granted, "logs:PutLogEvents", LOG_STREAM % name, {}) == (name == function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_lambda_makes_network_interfaces_and_code_in_the_function_does_not(function: str) -> None:
    granted = statements(deploy(**NETWORK), function)
    by_the_function = {"lambda:SourceFunctionArn": function_arn(function)}
    for action in INTERFACES:
        assert allows(granted, action, "*", {})
        assert not allows(granted, action, "*", by_the_function)
    # Lambda makes them as it makes the function, before what stands beside the role is there.
    inline = deploy(**NETWORK).properties(f"{function}Role")["Policies"]
    assert [each["PolicyName"] for each in inline] == ["own-log", "network-interfaces"]
    outside = deploy().properties(f"{function}Role")["Policies"]
    assert [each["PolicyName"] for each in outside] == ["own-log"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_role_has_the_boundary(function: str) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    role = deploy(PermissionsBoundaryArn=boundary).properties(f"{function}Role")
    assert role["PermissionsBoundary"] == boundary
    assert "PermissionsBoundary" not in deploy().properties(f"{function}Role")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_lambda_takes_the_role(function: str) -> None:
    (trust,) = deploy().properties(f"{function}Role")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
