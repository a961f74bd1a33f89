"""The secrets' stacks: linted, deployed to moto, read by the functions' own code.

moto's CloudFormation knows the RDS types and neither secrets nor rotation schedules; those three
types are stand-ins of ours (standins.py, here), and the schedule's rules are accepted by the
local Secrets Manager. AWS itself was never asked.
"""

import json
import re
from functools import cache

import pytest

from local import template
from shared.errors import MalformedSecret
from tests.deploy.examples.checks import (
    FOLDER,
    FUNCTION_ARN,
    KEY_ID,
    PARAMETERS,
    backend_of,
    lint,
    schedule_and_describe,
)
from tests.deploy.examples.stacks import DeployedStack, deploy
from tests.deploy.examples.standins import STAND_INS
from tests.issuers.issuing import ticket_with_admin
from tests.lab import Lab

STACKS = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
FUNCTIONS = {
    "postgres-single-user": "PostgresSingleUser",
    "postgres-alternating-users": "PostgresAlternatingUsers",
    "mysql-single-user": "MySqlSingleUser",
    "valkey-user": "ValkeyUser",
    "api-key": "HttpApiKey",
    "generated-value": "GeneratedValue",
    "access-key": "IamAccessKey",
    "replicated-secret": "PostgresSingleUser",
}
RDS = {"AWS::RDS::DBInstance", "AWS::RDS::DBParameterGroup", "AWS::RDS::DBSubnetGroup"}
DYNAMIC = re.compile(r"\{\{resolve:secretsmanager:(arn:.+):SecretString:(\w+)\}\}")


@cache
def made_by(stack: str) -> DeployedStack:
    return deploy(template.document(STACKS[stack]), PARAMETERS)


def test_every_stack_is_of_a_function() -> None:
    assert STACKS.keys() == FUNCTIONS.keys()


def test_cfn_lint_finds_nothing_in_any_stack_to_copy() -> None:
    """All at once: to start takes it seconds, to read a stack hardly any."""
    stacks = list(FOLDER.rglob("*.yaml"))
    assert len(stacks) > len(STACKS)
    assert lint(*stacks) == (0, "")


@pytest.mark.parametrize("stack", STACKS)
def test_moto_deploys_it_with_stand_ins_for_the_secrets_managers_types(stack: str) -> None:
    made = made_by(stack)
    resources = template.document(STACKS[stack])["Resources"]
    assert made.types == {each["Type"] for each in resources.values()}
    assert made.types - RDS <= {each.cloudformation_type() for each in STAND_INS}
    assert made.outputs == {"SecretArn": made.arns["Secret"]}


@pytest.mark.parametrize("stack", STACKS)
def test_the_function_reads_the_secret_that_is_made(stack: str) -> None:
    backend, document = backend_of(FUNCTIONS[stack]), made_by(stack).documents["Secret"]
    if "access_key_id" in document:  # until a person puts the key there
        with pytest.raises(MalformedSecret, match="'access_key_id'"):
            backend.parse(document)
        document = {**document, "access_key_id": KEY_ID}
    assert backend.parse(document)
    with pytest.raises(MalformedSecret):
        backend.parse({})


def test_the_function_takes_the_admins_secret_of_the_pair_for_this_database() -> None:
    made, backend = made_by("postgres-alternating-users"), backend_of("PostgresAlternatingUsers")
    user = backend.parse(made.documents["Secret"])
    assert made.documents["Secret"]["masterarn"] == made.arns["Admin"]
    admin = backend.admins.login(user, ticket_with_admin(made.documents["Admin"]))
    assert admin.username == "rotation_admin"


def test_the_function_takes_the_admins_secret_of_the_key_for_this_issuer() -> None:
    made, backend = made_by("api-key"), backend_of("HttpApiKey")
    assert made.documents["Secret"]["admin_secret_arn"] == made.arns["Admin"]
    key = backend.parse(made.documents["Secret"])
    assert backend._issuer.manage(key, ticket_with_admin(made.documents["Admin"]))


@pytest.mark.parametrize("stack", STACKS)
def test_the_schedule_is_for_the_secret_and_the_service_accepts_it(stack: str, lab: Lab) -> None:
    made = made_by(stack)
    (schedule,) = made.schedules
    rules = schedule["RotationRules"]
    assert schedule == {
        "SecretId": made.arns["Secret"],
        "RotationLambdaARN": FUNCTION_ARN,
        "RotateImmediatelyOnUpdate": False,
        "RotationRules": rules,
    }
    assert schedule_and_describe(lab, made.documents["Secret"], rules) == rules


@pytest.mark.parametrize("stack", STACKS)
def test_names_and_tags_are_those_the_functions_may_touch(stack: str) -> None:
    for name, asked in made_by(stack).asked.items():
        prefix = "rotation-issuer/" if FUNCTIONS[stack] == "HttpApiKey" else "rotation-admin/"
        assert asked["Name"].startswith(prefix) is (name == "Admin")
        assert "SecretString" not in asked  # the value is made by AWS, and in no stack
        tags = [] if name == "Admin" else [{"Key": "rotated-by", "Value": "secret-rotators"}]
        assert asked.get("Tags", []) == tags
        assert "KmsKeyId" not in asked
    assert "secretsmanager:ResourceTag/rotated-by" in template.TEMPLATE.read_text()


@pytest.mark.parametrize("stack", STACKS)
def test_the_function_is_found_by_the_name_that_its_stack_gives_it(stack: str) -> None:
    parameter = template.document(STACKS[stack])["Parameters"]["RotationFunctionArn"]
    assert parameter["Type"] == "AWS::SSM::Parameter::Value<String>"
    assert parameter["Default"] == f"/secret-rotators/{FUNCTIONS[stack]}Arn"


def test_the_functions_stack_keeps_its_functions_where_the_examples_look() -> None:
    resources = template.document()["Resources"].values()
    kept = {
        json.dumps(each["Properties"]["Name"])
        for each in resources
        if each["Type"] == "AWS::SSM::Parameter"
    }
    for function in FUNCTIONS.values():
        assert json.dumps({"Fn::Sub": f"/${{AWS::StackName}}/{function}Arn"}) in kept


@pytest.mark.parametrize("stack", STACKS)
def test_each_secret_is_under_the_customer_key_that_is_given_for_it(stack: str) -> None:
    keys = {"KmsKeyArn": "of-secrets", "AdminKmsKeyArn": "of-admins", "ReplicaKmsKeyArn": "there"}
    made = deploy(template.document(STACKS[stack]), {**PARAMETERS, **keys})
    for name, asked in made.asked.items():
        assert asked["KmsKeyId"] == {"Secret": "of-secrets", "Admin": "of-admins"}[name]
    replicas = made.asked["Secret"].get("ReplicaRegions", [])
    assert all(each["KmsKeyId"] == "there" for each in replicas)


def test_the_database_has_the_secrets_login_and_is_closed() -> None:
    made = made_by("postgres-single-user")
    (database,) = made.databases
    properties = template.document(STACKS["postgres-single-user"])["Resources"]
    for name, key in (("MasterUsername", "username"), ("MasterUserPassword", "password")):
        (asked,) = properties["Database"]["Properties"][name].values()
        found = DYNAMIC.fullmatch(asked.replace("${Secret}", made.arns["Secret"]))
        assert found is not None
        assert found.groups() == (made.arns["Secret"], key)
    assert made.documents["Secret"]["host"] == database["Endpoint"]["Address"]
    assert made.documents["Secret"]["dbname"] == database["DBName"] == "orders"
    assert (database["StorageEncrypted"], database["PubliclyAccessible"]) == (True, False)
    assert properties["Database"]["Properties"]["DeletionProtection"] is True
    assert properties["Tls"]["Properties"]["Parameters"] == {"rds.force_ssl": "1"}
    # Before that the secret has no host, and the test of the function would fail.
    assert properties["Rotation"]["DependsOn"] == "Attachment"


def test_the_replica_is_asked_for() -> None:
    asked = made_by("replicated-secret").asked["Secret"]
    assert asked["ReplicaRegions"] == [{"Region": "eu-central-1"}]
