"""Every request is held to the API's own model."""

from typing import Any

import pytest

from tests.fixtures.secrets_manager import assert_refused, token
from tests.local.secrets_manager.conftest import Running

ONE = "1 validation error detected: "


def failed(value: str, where: str, constraint: str) -> str:
    return f"{value} at '{where}' failed to satisfy constraint: Member must {constraint}"


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("GetSecretValue", {}, failed("Value null", "secretId", "not be null")),
        ("GetSecretValue", {"SecretId": None}, failed("Value null", "secretId", "not be null")),
        (
            "GetSecretValue",
            {"SecretId": ""},
            failed("Value ''", "secretId", "have length greater than or equal to 1"),
        ),
        (  # as moto's get_random_password has it of AWS
            "GetRandomPassword",
            {"PasswordLength": 4097},
            failed("Value '4097'", "passwordLength", "have value less than or equal to 4096"),
        ),
        (
            "ListSecrets",
            {"MaxResults": 101},
            failed("Value '101'", "maxResults", "have value less than or equal to 100"),
        ),
        (
            "ListSecrets",
            {"SortOrder": "up"},
            failed("Value 'up'", "sortOrder", "satisfy enum value set: [asc, desc]"),
        ),
        (
            "TagResource",
            {"SecretId": "a", "Tags": [{"Key": "a"}, {"Key": ""}]},
            failed("Value ''", "tags.2.member.key", "have length greater than or equal to 1"),
        ),
        (
            "UntagResource",
            {"SecretId": "a", "TagKeys": [None]},
            failed("Value null", "tagKeys.1.member", "not be null"),
        ),
        (
            "RotateSecret",
            {"SecretId": "a", "RotationRules": {"AutomaticallyAfterDays": 1001}},
            failed(
                "Value '1001'",
                "rotationRules.automaticallyAfterDays",
                "have value less than or equal to 1000",
            ),
        ),
        (
            "BatchGetSecretValue",
            {"SecretIdList": ["a"] * 21},
            failed("Value", "secretIdList", "have length less than or equal to 20"),
        ),
        (
            "PutSecretValue",
            {"SecretId": "a", "RotationToken": "?" * 36},
            failed(
                "Value",
                "rotationToken",
                r"satisfy regular expression pattern: ^[a-zA-Z0-9\-]+$",
            ),
        ),
    ],
)
def test_what_breaks_a_constraint_is_named_with_its_place(
    running: Running, operation: str, request_: dict[str, Any], message: str
) -> None:
    reply = running.ask(operation, request_)
    assert (reply.status, reply.body) == (
        400,
        {"__type": "ValidationException", "message": ONE + message},
    )


def test_an_unknown_filter_key_is_invalid_for_both_operations(running: Running) -> None:
    """As moto's test_with_invalid_filter_key has it of AWS, but for the order of the set."""
    for operation in ("ListSecrets", "BatchGetSecretValue"):
        reply = running.ask(operation, {"Filters": [{"Key": "invalid", "Values": ["a"]}]})
        assert reply.body["__type"] == "ValidationException"
        assert reply.body["message"].startswith(
            ONE + "Value 'invalid' at 'filters.1.member.key' failed to satisfy constraint: "
            "Member must satisfy enum value set: ["
        )


def test_all_that_is_broken_is_told_at_once(running: Running) -> None:
    reply = running.ask("GetSecretValue", {"VersionId": "short", "VersionStage": ""})
    assert reply.body["message"].startswith("3 validation errors detected: Value")
    assert reply.body["message"].count("; Value") == 2


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("DescribeSecret", {"SecretId": 1}, "NUMBER_VALUE can not be converted to String"),
        ("DescribeSecret", {"SecretId": True}, "BOOLEAN_VALUE can not be converted to String"),
        ("ListSecrets", {"MaxResults": "9"}, "STRING_VALUE can not be converted to Integer"),
        ("ListSecrets", {"MaxResults": 1.5}, "DECIMAL_VALUE can not be converted to Integer"),
        ("ListSecrets", {"MaxResults": True}, "BOOLEAN_VALUE can not be converted to Integer"),
        (
            "ListSecrets",
            {"IncludePlannedDeletion": "true"},
            "STRING_VALUE can not be converted to Boolean",
        ),
        (
            "ListSecrets",
            {"Filters": {"Key": "name"}},
            "Start of structure, map or list can not be converted to List",
        ),
        (
            "TagResource",
            {"SecretId": "a", "Tags": ["a"]},
            "STRING_VALUE can not be converted to Structure",
        ),
        (
            "PutSecretValue",
            {"SecretId": "a", "SecretBinary": "not base64"},
            "STRING_VALUE can not be converted to Blob",
        ),
        (
            "CreateSecret",
            {"Name": "a", "SecretString": "\ud800"},
            "STRING_VALUE can not be converted to String",
        ),
    ],
)
def test_what_has_the_wrong_type_can_not_be_read(
    running: Running, operation: str, request_: dict[str, Any], message: str
) -> None:
    reply = running.ask(operation, request_)
    assert (reply.status, reply.body) == (
        400,
        {"__type": "SerializationException", "message": message},
    )


@pytest.mark.parametrize("field", ["SecretString", "RotationToken", "SecretBinary"])
def test_a_sensitive_value_is_in_no_error(running: Running, field: str) -> None:
    value = "s3cr3t?A" * 10_000
    for request in ({field: value}, {field: [value]}, {field: {"a": value}}):
        reply = running.ask("PutSecretValue", {"SecretId": "a", **request})
        assert reply.status == 400
        assert "s3cr3t" not in str(reply.body)


def test_what_the_model_does_not_know_is_ignored(running: Running) -> None:
    assert running.ask("ListSecrets", {"Unheard": {"of": 1}}).status == 200


def test_a_description_has_at_most_2048_characters(running: Running, name: str) -> None:
    running.client.create_secret(Name=name, Description="é" * 2048)
    with assert_refused("ValidationException") as refusal:
        running.client.create_secret(Name=f"{name}-other", Description="é" * 2049)
    assert "at 'description'" in refusal.message
    with assert_refused("ValidationException"):
        running.client.update_secret(SecretId=name, Description="é" * 2049)
    assert running.client.describe_secret(SecretId=name)["Description"] == "é" * 2048


@pytest.mark.parametrize("given", ["short", "t" * 65])
def test_a_token_has_32_to_64_characters(running: Running, name: str, given: str) -> None:
    request = {"Name": name, "SecretString": "a", "ClientRequestToken": given}
    reply = running.ask("CreateSecret", request)
    assert reply.body["__type"] == "ValidationException"
    assert "at 'clientRequestToken'" in reply.body["message"]
    assert running.ask("CreateSecret", {**request, "ClientRequestToken": token(1)}).status == 200
