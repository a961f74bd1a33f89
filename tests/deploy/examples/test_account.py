"""The topic's and the keys' stacks: deployed to moto, and their policies read as it keeps them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local import template
from tests.deploy.examples.checks import FOLDER
from tests.deploy.examples.stacks import account, create
from tests.deploy.examples.standins import REGION, client

STACKS = {path.stem: path for path in sorted((FOLDER / "account").glob("*.yaml"))}
ROLE = "arn:aws:iam::123456789012:role/"
ROOT = "arn:aws:iam::123456789012:root"
FUNCTIONS, READERS, OPERATORS = [f"{ROLE}single", f"{ROLE}pair"], [f"{ROLE}pair"], [f"{ROLE}ops"]
GIVEN = {
    "FunctionRoleArns": ",".join(FUNCTIONS),
    "AdminReaderRoleArns": ",".join(READERS),
    "OperatorArns": ",".join(OPERATORS),
}
USE = {"kms:Decrypt", "kms:GenerateDataKey"}


@pytest.fixture(autouse=True)
def _account() -> Iterator[None]:
    with account():
        yield


def deployed(name: str, **parameters: str) -> dict[str, str]:
    return create(name, template.document(STACKS[name]), parameters)


def statements(policy: str | dict[str, Any]) -> dict[str, dict[str, Any]]:
    """{Sid: statement}; moto gives a key's policy as CloudFormation gave it, a topic's as text."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    return {each["Sid"]: each for each in document["Statement"]}


def of_key(arn: str) -> dict[str, dict[str, Any]]:
    return statements(client("kms").get_key_policy(KeyId=arn, PolicyName="default")["Policy"])


def actions(statement: dict[str, Any]) -> set[str]:
    named = statement["Action"]
    return {named} if isinstance(named, str) else set(named)


@pytest.mark.parametrize("encrypted", ["false", "true"])
def test_alarms_of_this_account_reach_the_topic(encrypted: str) -> None:
    outputs = deployed("topic", Encrypted=encrypted)
    assert outputs.keys() <= template.document()["Parameters"].keys()
    (topic,) = outputs.values()
    has = client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    policy = statements(has["Policy"])
    assert {each["Principal"]["Service"]: each.get("Condition") for each in policy.values()} == {
        "cloudwatch.amazonaws.com": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    for each in policy.values():
        assert (each["Effect"], actions(each), each["Resource"]) == (
            "Allow",
            {"sns:Publish"},
            topic,
        )
    assert bool(has.get("KmsMasterKeyId")) is (encrypted == "true")


def test_alarms_may_use_the_encrypted_topics_key_and_others_as_iam_says() -> None:
    (topic,) = deployed("topic", Encrypted="true").values()
    key = client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"]
    assert of_key(key)["AsIamPoliciesSay"]["Principal"] == {"AWS": ROOT}
    of = of_key(key)["Alarms"]
    assert of["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert actions(of) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert "Condition" not in of


def test_each_key_is_for_its_roles_and_through_secrets_manager_only() -> None:
    outputs = deployed("keys", **GIVEN)
    assert outputs["KmsKeyArns"] == f"{outputs['SecretsKeyArn']},{outputs['AdminsKeyArn']}"
    secrets, admins = of_key(outputs["SecretsKeyArn"]), of_key(outputs["AdminsKeyArn"])
    may = [
        {sid: (each["Principal"]["AWS"], actions(each)) for sid, each in policy.items()}
        for policy in (secrets, admins)
    ]
    for policy in may:
        who, what = policy.pop("AdministrationAsIamPoliciesSay")
        assert who == ROOT
        assert not [each for each in what if re.search("crypt|Generate|Grant$|kms:[*]", each)]
        assert "kms:PutKeyPolicy" in what  # or nobody could ever change it
    assert may == [
        {"Functions": (FUNCTIONS, USE), "OthersAsIamPoliciesSay": (ROOT, {*USE, "kms:Encrypt"})},
        {"Functions": (READERS, {"kms:Decrypt"}), "Operators": (OPERATORS, {*USE, "kms:Encrypt"})},
    ]
    for held in (secrets, admins):
        for sid, each in held.items():
            via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}}
            assert each.get("Condition") == (None if sid.startswith("Administration") else via)


def test_without_a_function_that_has_an_admin_there_is_no_key_of_admins() -> None:
    """KMS takes no policy that names nobody, which moto does not mind."""
    outputs = deployed("keys", **{**GIVEN, "AdminReaderRoleArns": ""})
    assert outputs.keys() == {"KmsKeyArns", "SecretsKeyArn"}
    assert outputs["KmsKeyArns"] == outputs["SecretsKeyArn"]
    assert len(client("kms").list_keys()["Keys"]) == 1


def test_the_roles_and_the_parameter_are_the_functions_stacks() -> None:
    whole = template.document()
    assert whole["Parameters"]["KmsKeyArns"]["Type"] == "CommaDelimitedList"
    assert whole["Outputs"].keys() >= {f"{name}RoleArn" for name in template.functions()}
