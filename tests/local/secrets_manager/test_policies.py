"""Resource policies: read before they are kept, and refused where they open the secret."""

import json
from typing import Any

import pytest

from tests.fixtures.secrets_manager import assert_refused
from tests.local.secrets_manager.conftest import Running

ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "secretsmanager:GetSecretValue",
    "Resource": "*",
}
EVERYBODY = {**ALLOW, "Principal": "*"}
NARROWED = {
    **EVERYBODY,
    "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
}


def policy(*statements: object, **more: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


@pytest.fixture
def secret(running: Running, name: str) -> str:
    running.client.create_secret(Name=name)
    return name


def test_a_policy_is_kept_as_it_is_and_absent_where_there_is_none(
    running: Running, secret: str
) -> None:
    """LocalStack recorded that AWS keeps a public one, too: test_resource_policy."""
    assert "ResourcePolicy" not in running.client.get_resource_policy(SecretId=secret)
    assert running.ask("ListResourcePolicies", {"SecretId": secret}).body == {
        "ResourcePolicies": []
    }
    text = policy(EVERYBODY) + " "
    running.client.put_resource_policy(SecretId=secret, ResourcePolicy=text)
    assert running.client.get_resource_policy(SecretId=secret)["ResourcePolicy"] == text
    assert running.ask("ListResourcePolicies", {"SecretId": secret}).body == {
        "ResourcePolicies": [{"PolicyName": "default"}]
    }
    for _ in range(2):
        running.client.delete_resource_policy(SecretId=secret)
        assert "ResourcePolicy" not in running.client.get_resource_policy(SecretId=secret)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "no JSON",
        "[]",
        '"a"',
        "[" * 20_000,
        policy(),
        policy(ALLOW, Version="2019-10-19"),
        policy({**ALLOW, "Effect": "AllowSomething"}),
        policy({key: value for key, value in ALLOW.items() if key != "Principal"}),
        policy({key: value for key, value in ALLOW.items() if key != "Action"}),
        policy({key: value for key, value in ALLOW.items() if key != "Resource"}),
        policy({**ALLOW, "NotAction": "secretsmanager:*"}),
        policy({**ALLOW, "Action": 1}),
        policy({**ALLOW, "Action": []}),
        policy({**ALLOW, "Condition": "always"}),
        policy({**ALLOW, "Condition": {"StringEquals": "always"}}),
        policy(ALLOW, "a"),
        policy({**ALLOW, "Actions": "secretsmanager:GetSecretValue"}),
        policy(ALLOW, Statements=[]),
    ],
)
def test_what_is_no_policy_is_malformed(running: Running, secret: str, text: str) -> None:
    """The text, and that of a principal, are the user guide's."""
    for operation in ("put_resource_policy", "validate_resource_policy"):
        with assert_refused("MalformedPolicyDocumentException") as refusal:
            getattr(running.client, operation)(SecretId=secret, ResourcePolicy=text)
        assert refusal.message == "This resource policy contains a syntax error."
    assert "ResourcePolicy" not in running.client.get_resource_policy(SecretId=secret)


@pytest.mark.parametrize(
    "principal",
    [
        *("me", {}, {"You": "me"}, {"AWS": []}, ["*"], 1),
        *({"AWS": "me"}, {"AWS": ["*", "arn:aws:s3:::bucket"]}, {"AWS": "arn:aws:iam::1:root"}),
    ],
)
def test_a_principal_has_a_kind_and_is_of_an_account(
    running: Running, secret: str, principal: object
) -> None:
    with assert_refused("MalformedPolicyDocumentException") as refusal:
        running.client.put_resource_policy(
            SecretId=secret, ResourcePolicy=policy({**ALLOW, "Principal": principal})
        )
    assert refusal.message == "This resource policy contains an unsupported principal."


@pytest.mark.parametrize(
    ("statement", "public"),
    [
        (ALLOW, False),
        (EVERYBODY, True),
        ({**ALLOW, "Principal": {"AWS": "*"}}, True),
        ({**ALLOW, "Principal": {"AWS": ["arn:aws:iam::123456789012:root", "*"]}}, True),
        ({**EVERYBODY, "Effect": "Deny"}, False),
        (NARROWED, False),
        ({**EVERYBODY, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
    ],
)
def test_a_public_policy_is_blocked_if_asked_for(
    running: Running, secret: str, statement: dict[str, Any], *, public: bool
) -> None:
    text = policy(statement)
    if public:
        with assert_refused("PublicPolicyException") as refusal:
            running.client.put_resource_policy(
                SecretId=secret, ResourcePolicy=text, BlockPublicPolicy=True
            )
        assert refusal.message == (
            "You can't attach a resource-based policy that allows broad access to the secret."
        )
        assert "ResourcePolicy" not in running.client.get_resource_policy(SecretId=secret)
    else:
        running.client.put_resource_policy(
            SecretId=secret, ResourcePolicy=text, BlockPublicPolicy=True
        )
    checked = running.client.validate_resource_policy(ResourcePolicy=text)
    assert checked["PolicyValidationPassed"] is not public
    assert bool(checked["ValidationErrors"]) is public


def test_only_the_default_policy_can_be_attached(running: Running, secret: str) -> None:
    """The API reference, PolicyName."""
    default = {"SecretId": secret, "PolicyName": "default"}
    other = {"SecretId": secret, "PolicyName": "other"}
    text = {"ResourcePolicy": policy(ALLOW)}
    assert running.ask("PutResourcePolicy", default | text).body["PolicyName"] == "default"
    assert running.ask("GetResourcePolicy", default).body["ResourcePolicy"] == policy(ALLOW)
    for operation in ("PutResourcePolicy", "DeleteResourcePolicy"):
        refused = running.ask(operation, other | text)
        assert (refused.status, refused.body["__type"]) == (400, "InvalidParameterException")
    refused = running.ask("GetResourcePolicy", other)
    assert (refused.status, refused.body["__type"]) == (400, "ResourceNotFoundException")
    assert running.ask("DeleteResourcePolicy", default).status == 200
