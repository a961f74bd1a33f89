"""CloudFormation's types that moto lacks, by CloudFormation's documentation of them.

So a mistake that we share with that documentation is not found here.
"""

import json
from typing import Any, ClassVar

import boto3
from moto.core.common_models import CloudFormationModel

REGION = "us-east-1"
Properties = dict[str, Any]


def client(service: Any) -> Any:  # noqa: ANN401 - boto3's
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
        document[key] = client("secretsmanager").get_random_password(**rules)["RandomPassword"]
        if "ReplicaRegions" in rest:
            rest["AddReplicaRegions"] = rest.pop("ReplicaRegions")
        made = client("secretsmanager").create_secret(SecretString=json.dumps(document), **rest)
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
        return str(client("secretsmanager").describe_secret(SecretId=properties["SecretId"])["ARN"])


class Attachment(Resource):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SecretsManager::SecretTargetAttachment"

    @staticmethod
    def make(properties: Properties) -> str:
        assert properties["TargetType"] == "AWS::RDS::DBInstance"
        secrets, name = client("secretsmanager"), properties["TargetId"]
        (found,) = client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        where = {"engine": found["Engine"], "host": found["Endpoint"]["Address"]}
        where |= {"port": found["Endpoint"]["Port"], "dbname": found["DBName"]}
        arn = properties["SecretId"]
        document = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
        document |= {**where, "dbInstanceIdentifier": name}
        secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(document))
        return str(arn)


class TopicPolicy(Resource):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SNS::TopicPolicy"

    @staticmethod
    def make(properties: Properties) -> str:
        for topic in properties["Topics"]:
            client("sns").set_topic_attributes(
                TopicArn=topic,
                AttributeName="Policy",
                AttributeValue=json.dumps(properties["PolicyDocument"]),
            )
        return "policy"


class SubnetRoutes(Resource):
    """moto has this one, and then describes no table with it."""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::EC2::SubnetRouteTableAssociation"

    @staticmethod
    def make(properties: Properties) -> str:
        made = client("ec2").associate_route_table(
            SubnetId=properties["SubnetId"], RouteTableId=properties["RouteTableId"]
        )
        return str(made["AssociationId"])


STAND_INS = (Secret, Schedule, Attachment, TopicPolicy, SubnetRoutes)
