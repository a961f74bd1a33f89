"""The network of a stack: which groups it makes, where they let out, who gets to the endpoint."""

from typing import Any

import pytest

from tests.deploy.stack.deployed import ENDPOINT_NAME, FUNCTIONS, NETWORK, Stack, deploy

ENDPOINT = {**NETWORK, "SecretsManagerEndpoint": "true"}
VARIABLE = "AWS_ENDPOINT_URL_SECRETS_MANAGER"


def groups(stack: Stack, function: str) -> Any:  # noqa: ANN401 - a list, or nothing
    return stack.properties(function).get("VpcConfig", {}).get("SecurityGroupIds")


def way_out(*functions: str, **given: str) -> set[tuple[str, str]]:
    """(port, network or group) that the stack's own group lets out to."""
    group = deploy(*functions, **NETWORK, **given).properties("FunctionSecurityGroup")
    assert "SecurityGroupIngress" not in group
    rules = group["SecurityGroupEgress"]
    for each in rules:
        assert each["Description"]
        assert each["FromPort"] == each["ToPort"]
        assert len({"CidrIp", "DestinationSecurityGroupId"} & each.keys()) == 1
    where = (each.get("CidrIp") or each["DestinationSecurityGroupId"] for each in rules)
    return {(str(each["FromPort"]), place) for each, place in zip(rules, where, strict=True)}


HTTPS = ("443", "0.0.0.0/0")


@pytest.mark.parametrize(
    ("functions", "ports"),
    [
        (FUNCTIONS, {"5432", "3306"}),
        (("PostgresSingleUser",), {"5432"}),
        (("PostgresAlternatingUsers",), {"5432"}),
        (("MySqlSingleUser",), {"3306"}),
        (("MySqlAlternatingUsers",), {"3306"}),
        (("HttpApiKey",), set()),
    ],
)
def test_its_own_group_lets_out_to_the_ports_of_the_functions_that_it_has(
    functions: tuple[str, ...], ports: set[str]
) -> None:
    assert way_out(*functions) == {HTTPS, *((port, "0.0.0.0/0") for port in ports)}


@pytest.mark.parametrize("ports", ["6432", "3306", "5432,6432", "1,2,3", "1,22,333,65535"])
def test_ports_that_are_given_take_their_place(ports: str) -> None:
    expected = {HTTPS, *((port, "0.0.0.0/0") for port in ports.split(","))}
    assert way_out(TargetPorts=ports) == expected


def test_targets_can_be_a_network_or_a_group() -> None:
    assert way_out("MySqlSingleUser", TargetCidr="10.0.0.0/16") == {HTTPS, ("3306", "10.0.0.0/16")}
    group = way_out("MySqlSingleUser", TargetPorts="3307", TargetSecurityGroupId="sg-1f")
    assert group == {HTTPS, ("3307", "sg-1f")}


def test_the_functions_have_the_groups_that_are_given_or_one_of_the_stacks_own() -> None:
    for function in FUNCTIONS:
        assert groups(deploy(), function) is None
        assert groups(deploy(**NETWORK), function) == ["SecurityGroup-of-FunctionSecurityGroup"]
        given = deploy(SubnetIds="subnet-1", SecurityGroupIds="sg-1,sg-2")
        assert groups(given, function) == ["sg-1", "sg-2"]
        assert not given.of_type("AWS::EC2::SecurityGroup")


@pytest.mark.parametrize("given", ["", "sg-1", "sg-1,sg-2,sg-3,sg-4"])
def test_the_endpoint_lets_every_function_in_and_nobody_else(given: str) -> None:
    """The way to Secrets Manager in a VPC (fact 23)."""
    stack = deploy(**ENDPOINT, SecurityGroupIds=given)
    (rule,) = stack.of_type("AWS::EC2::SecurityGroupIngress").values()
    assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == (443, 443, "tcp")
    assert rule["GroupId"] == "SecurityGroup-of-EndpointSecurityGroup"
    assert "SecurityGroupIngress" not in stack.properties("EndpointSecurityGroup")
    endpoint = stack.properties("Endpoint")
    assert endpoint["SecurityGroupIds"] == [rule["GroupId"]]
    for function in FUNCTIONS:
        assert rule["SourceSecurityGroupId"] in groups(stack, function)
        assert {each for each in given.split(",") if each} <= set(groups(stack, function))
        assert len(groups(stack, function)) <= 5  # Lambda takes no more
    if given:
        (out,) = stack.properties("EndpointUserSecurityGroup")["SecurityGroupEgress"]
        assert (out["FromPort"], out["DestinationSecurityGroupId"]) == (443, rule["GroupId"])


def test_nothing_else_in_the_vpc_is_led_to_the_endpoint() -> None:
    assert deploy(**ENDPOINT).properties("Endpoint")["PrivateDnsEnabled"] is False


def test_the_functions_are_told_the_endpoints_own_name() -> None:
    stack = deploy(**ENDPOINT)
    for function in FUNCTIONS:
        variables = stack.properties(function)["Environment"]["Variables"]
        assert variables[VARIABLE] == f"https://{ENDPOINT_NAME}"
    assert stack.outputs["EndpointUrl"]["Value"] == f"https://{ENDPOINT_NAME}"


def test_without_it_they_are_told_nothing_not_even_an_empty_name() -> None:
    for stack in (deploy(), deploy(**NETWORK)):
        for function in FUNCTIONS:
            assert VARIABLE not in stack.properties(function)["Environment"]["Variables"]
        assert "EndpointUrl" not in stack.outputs
        assert not stack.of_type("AWS::EC2::VPCEndpoint")
