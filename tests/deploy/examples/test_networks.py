"""The networks' stacks: deployed to moto, whose routes, endpoints and groups are then asked for."""

from collections.abc import Iterator
from typing import Any

import pytest

from local import template
from tests.deploy.examples.checks import FOLDER
from tests.deploy.examples.stacks import account, create
from tests.deploy.examples.standins import REGION, client

STACKS = {path.stem: path for path in sorted((FOLDER / "networks").glob("*.yaml"))}
# No parameters of the functions' stack.
TELLS = {"CallersAddress"}
# The part of the functions' stack that another one imports from.
FUNCTIONS = {
    "Resources": {
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "functions", "VpcId": {"Ref": "VpcId"}},
        }
    },
    "Parameters": {"VpcId": {"Type": "String"}},
    "Outputs": {
        "FunctionSecurityGroupId": {
            "Value": {"Fn::GetAtt": ["Group", "GroupId"]},
            "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-FunctionSecurityGroupId"}},
        }
    },
}


@pytest.fixture
def _account() -> Iterator[None]:
    with account():
        yield


def network(name: str, **parameters: str) -> dict[str, str]:
    """Deploy it; its outputs."""
    return create(name, template.document(STACKS[name]), parameters)


def ways_out(subnet: str) -> list[dict[str, Any]]:
    """The routes that lead out of the VPC from a subnet: by its own table, or the VPC's."""
    (found,) = client("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"]
    tables = client("ec2").describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [found["VpcId"]]}]
    )["RouteTables"]
    table = next((each for each in tables if _is_of(each, SubnetId=subnet)), None)
    if table is None:
        table = next(each for each in tables if _is_of(each, Main=True))
    return [each for each in table["Routes"] if each.get("GatewayId") != "local"]


def _is_of(table: dict[str, Any], **association: object) -> bool:
    return any(association.items() <= each.items() for each in table["Associations"])


def zones(outputs: dict[str, str]) -> set[str]:
    asked = client("ec2").describe_subnets(SubnetIds=outputs["SubnetIds"].split(","))["Subnets"]
    assert {each["VpcId"] for each in asked} == {outputs["VpcId"]}
    return {each["AvailabilityZone"] for each in asked}


@pytest.mark.usefixtures("_account")
@pytest.mark.parametrize("name", ["nat", "endpoints-only"])
def test_its_outputs_are_parameters_of_the_functions_stack(name: str) -> None:
    outputs = network(name)
    assert outputs.keys() - TELLS == {"VpcId", "SubnetIds"}
    assert outputs.keys() - TELLS <= template.document()["Parameters"].keys()
    assert len(zones(outputs)) == 2  # Lambda and a database's subnet group want two


@pytest.mark.usefixtures("_account")
def test_the_nat_gateway_is_the_way_out_and_has_one_address() -> None:
    outputs = network("nat")
    (gateway,) = client("ec2").describe_nat_gateways()["NatGateways"]
    for subnet in outputs["SubnetIds"].split(","):
        (route,) = ways_out(subnet)
        assert route["DestinationCidrBlock"] == "0.0.0.0/0"
        assert route["NatGatewayId"] == gateway["NatGatewayId"]
    (address,) = gateway["NatGatewayAddresses"]
    (held,) = client("ec2").describe_addresses()["Addresses"]
    assert address["AllocationId"] == held["AllocationId"]
    assert outputs["CallersAddress"] == held["PublicIp"]
    # The gateway itself is in a subnet that leads to the internet, and that is none of theirs.
    assert gateway["SubnetId"] not in outputs["SubnetIds"]
    (beyond,) = ways_out(gateway["SubnetId"])
    assert beyond["GatewayId"].startswith("igw-")


@pytest.mark.usefixtures("_account")
@pytest.mark.parametrize("rds", [False, True])
def test_without_a_way_out_the_endpoints_are_there_for_the_whole_network(*, rds: bool) -> None:
    outputs = network("endpoints-only", RdsEndpoint=str(rds).lower())
    assert [ways_out(subnet) for subnet in outputs["SubnetIds"].split(",")] == [[], []]
    found = client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    services = {f"com.amazonaws.{REGION}.{name}" for name in ("secretsmanager", "rds")[: 1 + rds]}
    assert {each["ServiceName"] for each in found} == services
    (vpc,) = client("ec2").describe_vpcs(VpcIds=[outputs["VpcId"]])["Vpcs"]
    for endpoint in found:
        assert set(endpoint["SubnetIds"]) == set(outputs["SubnetIds"].split(","))
        assert endpoint["PrivateDnsEnabled"] is True
        (group,) = endpoint["Groups"]
        (admits,) = client("ec2").describe_security_groups(GroupIds=[group["GroupId"]])[
            "SecurityGroups"
        ][0]["IpPermissions"]
        assert (admits["FromPort"], admits["ToPort"]) == (443, 443)
        assert [each["CidrIp"] for each in admits["IpRanges"]] == [vpc["CidrBlock"]]


@pytest.mark.usefixtures("_account")
def test_the_databases_group_admits_the_functions_own_and_nobody_else() -> None:
    vpc = network("nat")["VpcId"]
    ours = create("secret-rotators", FUNCTIONS, {"VpcId": vpc})["FunctionSecurityGroupId"]
    group = client("ec2").create_security_group(
        GroupName="database", Description="database", VpcId=vpc
    )["GroupId"]
    network("database", DatabaseSecurityGroupId=group, Port="3306")
    (found,) = client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    (admits,) = found["IpPermissions"]
    assert (admits["IpProtocol"], admits["FromPort"], admits["ToPort"]) == ("tcp", 3306, 3306)
    assert [each["GroupId"] for each in admits["UserIdGroupPairs"]] == [ours]
    assert admits["IpRanges"] == []


def test_the_export_that_it_imports_is_the_functions_stacks() -> None:
    output = template.document()["Outputs"]["FunctionSecurityGroupId"]
    assert output["Export"]["Name"] == {"Fn::Sub": "${AWS::StackName}-FunctionSecurityGroupId"}
