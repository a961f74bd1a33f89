"""Stacks deployed to moto's CloudFormation, with stand-ins (standins.py) for types that it lacks.

moto makes networks, keys, topics and RDS resources, parameters, references, imports and the order
by itself.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from moto import mock_aws
from moto.cloudformation import parsing
from moto.rds.models import DBParameterGroup

from local import template
from tests.deploy.examples.checks import FUNCTION_ARN
from tests.deploy.examples.standins import STAND_INS, Properties, Schedule, Secret, client

NAME = property(lambda group: group.name)


@dataclass
class DeployedStack:
    """What a stack made: by logical ids, and the database instances as RDS describes them."""

    arns: dict[str, str] = field(default_factory=dict)
    documents: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: dict[str, Properties] = field(default_factory=dict)
    schedules: list[Properties] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    databases: list[dict[str, Any]] = field(default_factory=list)
    types: set[str] = field(default_factory=set)


def deploy(template: Mapping[str, Any], parameters: Mapping[str, str]) -> DeployedStack:
    """Deploy it alone with those of the parameters that it has; its SubnetIds are made first."""
    has = template.get("Parameters", {})
    with account():
        given = dict(parameters) | (_network() if "SubnetIds" in has else {})
        given = {name: value for name, value in given.items() if name in has}
        made = DeployedStack(outputs=create("example", template, given))
        made.databases = client("rds").describe_db_instances()["DBInstances"]
        found = client("cloudformation").describe_stack_resources(StackName="example")
        for each in found["StackResources"]:
            made.types.add(each["ResourceType"])
            if each["ResourceType"] == Secret.cloudformation_type():
                _read(made, each["LogicalResourceId"], each["PhysicalResourceId"])
        made.schedules = list(Schedule.asked)
    return made


def create(name: str, template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, str]:
    """Make a stack in the account that is open; {output: value}."""
    # moto splits a list that is given, and not a default.
    defaults = {
        key: each["Default"]
        for key, each in template.get("Parameters", {}).items()
        if each["Type"] == "CommaDelimitedList" and "Default" in each
    }
    client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in {**defaults, **parameters}.items()
        ],
    )
    (stack,) = client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def _read(made: DeployedStack, name: str, arn: str) -> None:
    value = client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    made.arns[name] = arn
    made.documents[name] = json.loads(value)
    made.asked[name] = Secret.asked[arn]


def _network() -> dict[str, str]:
    """Two subnets and a security group, which a database asks for."""
    ec2 = client("ec2")
    subnets = ec2.describe_subnets()["Subnets"][:2]
    (group, *_) = ec2.describe_security_groups()["SecurityGroups"]
    ids = ",".join(each["SubnetId"] for each in subnets)
    return {"SubnetIds": ids, "SecurityGroupIds": group["GroupId"]}


@contextmanager
def account() -> Iterator[None]:
    """An empty account whose CloudFormation knows our types beside moto's.

    It has what the functions' stack keeps of each function: its ARN, as an SSM parameter.
    """
    Secret.asked.clear()
    Schedule.asked.clear()
    known = {**parsing.get_model_map(), **{each.cloudformation_type(): each for each in STAND_INS}}
    with (
        mock_aws(),
        # Where the lab runs, a variable leads every client to the local Secrets Manager.
        mock.patch.dict(os.environ, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true"),
        mock.patch.object(parsing, "get_model_map", return_value=known),
        # moto's Ref of a parameter group is the group itself, which its own DBInstance cannot take.
        mock.patch.object(DBParameterGroup, "physical_resource_id", NAME, create=True),
    ):
        for function in template.functions():
            client("ssm").put_parameter(
                Name=f"/secret-rotators/{function}Arn", Value=FUNCTION_ARN, Type="String"
            )
        yield
