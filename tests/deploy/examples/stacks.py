"""A stack deployed to moto's CloudFormation, with stand-ins for three types that moto lacks.

moto makes the RDS resources, the parameters, references and order by itself. Secret,
RotationSchedule and SecretTargetAttachment are ours, by CloudFormation's documentation of them, so
a mistake that we share with that documentation is not found here.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from unittest import mock

import boto3
from moto import mock_aws
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.rds.models import DBParameterGroup

REGION = "us-east-1"
Properties = dict[str, Any]


def _client(service: Any) -> Any:  # noqa: ANN401 - boto3's
    return boto3.client(service, REGION, aws_access_key_id="x", aws_secret_access_key="x")


class Resource(CloudFormationModel):
    """What CloudFormation keeps of a resource: what Ref gives, and the properties it was given."""

    def __init__(self, ref: str, properties: Properties) -> None:
        self.physical_resource_id = ref
        self.properties = properties

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "Test::Resource"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        del attr
        return False

    @staticmethod
    def is_created() -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,  # noqa: ANN401 - moto's signature
    ) -> "Resource":
        del resource_name, account_id, region_name, kwargs
        properties = cloudformation_json["Properties"]
        return cls(cls.make(properties), properties)

    @staticmethod
    def make(properties: Properties) -> str:
        raise NotImplementedError


class Secret(Resource):
    asked: ClassVar[dict[str, Properties]] = {}

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SecretsManager::Secret"

    @staticmethod
    def make(properties: Properties) -> str:
        rest = dict(properties)
        rules = dict(rest.pop("GenerateSecretString"))
        document = json.loads(rules.pop("SecretStringTemplate"))
        key = rules.pop("GenerateStringKey")
        document[key] = _client("secretsmanager").get_random_password(**rules)["RandomPassword"]
        if "ReplicaRegions" in rest:
            rest["AddReplicaRegions"] = rest.pop("ReplicaRegions")
        made = _client("secretsmanager").create_secret(SecretString=json.dumps(document), **rest)
        Secret.asked[made["ARN"]] = properties
        return str(made["ARN"])


class Schedule(Resource):
    asked: ClassVar[list[Properties]] = []

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SecretsManager::RotationSchedule"

    @staticmethod
    def make(properties: Properties) -> str:
        # Kept here and not given to moto, whose RotateSecret drops ScheduleExpression.
        Schedule.asked.append(properties)
        return str(
            _client("secretsmanager").describe_secret(SecretId=properties["SecretId"])["ARN"]
        )


class Attachment(Resource):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SecretsManager::SecretTargetAttachment"

    @staticmethod
    def make(properties: Properties) -> str:
        assert properties["TargetType"] == "AWS::RDS::DBInstance"
        client, name = _client("secretsmanager"), properties["TargetId"]
        (found,) = _client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        where = {"engine": found["Engine"], "host": found["Endpoint"]["Address"]}
        where |= {"port": found["Endpoint"]["Port"], "dbname": found["DBName"]}
        arn = properties["SecretId"]
        document = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
        document |= {**where, "dbInstanceIdentifier": name}
        client.put_secret_value(SecretId=arn, SecretString=json.dumps(document))
        return str(arn)


NAME = property(lambda group: group.name)
STAND_INS = (Secret, Schedule, Attachment)


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
    """Deploy it with those of the parameters that it has; its SubnetIds are made first."""
    has = template.get("Parameters", {})
    with _moto():
        given = dict(parameters) | (_network() if "SubnetIds" in has else {})
        client = _client("cloudformation")
        client.create_stack(
            StackName="example",
            TemplateBody=json.dumps(template),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in given.items()
                if name in has
            ],
        )
        (stack,) = client.describe_stacks(StackName="example")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        made = DeployedStack(outputs=outputs)
        made.databases = _client("rds").describe_db_instances()["DBInstances"]
        for each in client.describe_stack_resources(StackName="example")["StackResources"]:
            made.types.add(each["ResourceType"])
            if each["ResourceType"] == Secret.cloudformation_type():
                _read(made, each["LogicalResourceId"], each["PhysicalResourceId"])
        made.schedules = list(Schedule.asked)
    return made


def _read(made: DeployedStack, name: str, arn: str) -> None:
    client = _client("secretsmanager")
    made.arns[name] = arn
    made.documents[name] = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    made.asked[name] = Secret.asked[arn]


def _network() -> dict[str, str]:
    """Two subnets and a security group, which a database asks for."""
    client = _client("ec2")
    subnets = client.describe_subnets()["Subnets"][:2]
    (group, *_) = client.describe_security_groups()["SecurityGroups"]
    ids = ",".join(each["SubnetId"] for each in subnets)
    return {"SubnetIds": ids, "SecurityGroupIds": group["GroupId"]}


@contextmanager
def _moto() -> Iterator[None]:
    """An empty account, whose CloudFormation knows our types beside moto's."""
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
        yield
