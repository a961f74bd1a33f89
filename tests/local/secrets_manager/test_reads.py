"""What a read answers, and when it is refused: facts 12 to 16."""

from typing import TYPE_CHECKING, Any

import pytest

from local.secrets_manager import SecretsManager
from tests.fixtures.secrets_manager import (
    FIRST,
    FUNCTION,
    Scripted,
    assert_refused,
    failing,
    labels,
    listed,
    put_pending,
    token,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

NOT_FOUND = "Secrets Manager can't find the specified secret value for "


@pytest.fixture
def valueless(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> str:
    """The secret, with a valueless AWSPENDING version token(2) that a rotation left."""
    function.before["createSecret"] = failing()
    client.rotate_secret(SecretId=secret, ClientRequestToken=token(2), RotationLambdaARN=FUNCTION)
    service.wait_for_rotation(secret)
    return secret


def test_fact_12_one_read_gives_the_value_and_its_labels(
    client: "SecretsManagerClient", secret: str
) -> None:
    for request in ({}, {"VersionId": token(1)}, {"VersionStage": "AWSCURRENT"}):
        answer = client.get_secret_value(SecretId=secret, **request)
        assert answer["SecretString"] == FIRST
        assert answer["VersionId"] == token(1)
        assert answer["VersionStages"] == ["AWSCURRENT"]


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        ({"VersionStage": "AWSPENDING"}, "staging label: AWSPENDING"),
        ({"VersionId": token(2), "VersionStage": "AWSPENDING"}, "staging label: AWSPENDING"),
        ({"VersionId": token(2)}, f"VersionId: {token(2)}"),
        ({"VersionStage": "AWSPREVIOUS"}, "staging label: AWSPREVIOUS"),
        ({"VersionId": token(9)}, f"VersionId: {token(9)}"),
    ],
)
def test_fact_12_no_such_version_and_no_value_yet_are_not_found(
    client: "SecretsManagerClient", valueless: str, request_: dict[str, Any], what: str
) -> None:
    with assert_refused("ResourceNotFoundException") as refusal:
        client.get_secret_value(SecretId=valueless, **request_)
    assert refusal.message == NOT_FOUND + what


def test_fact_12_an_id_and_a_label_that_disagree_are_an_invalid_request(
    client: "SecretsManagerClient", secret: str
) -> None:
    with assert_refused("InvalidRequestException") as refusal:
        client.get_secret_value(SecretId=secret, VersionId=token(1), VersionStage="AWSPENDING")
    assert refusal.message == (
        "You provided a VersionStage that is not associated to the provided VersionId."
    )


@pytest.mark.parametrize("request_", [{"VersionId": token(2)}, {"VersionStage": "AWSPENDING"}])
def test_fact_13_the_first_reads_of_a_new_version_may_miss_it(
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    request_: dict[str, Any],
) -> None:
    service.settings.stale_reads = 2
    put_pending(client, secret, 2, "second")
    for _ in range(2):
        with assert_refused("ResourceNotFoundException"):
            client.get_secret_value(SecretId=secret, **request_)
        # What the write did not change is never stale.
        assert client.get_secret_value(SecretId=secret)["SecretString"] == FIRST
    assert client.get_secret_value(SecretId=secret, **request_)["SecretString"] == "second"


def test_fact_13_the_first_reads_by_label_after_a_move_answer_the_old_version(
    service: SecretsManager, client: "SecretsManagerClient", secret: str
) -> None:
    put_pending(client, secret, 2, "second")
    service.settings.stale_reads = 3
    client.update_secret_version_stage(
        SecretId=secret,
        VersionStage="AWSCURRENT",
        MoveToVersionId=token(2),
        RemoveFromVersionId=token(1),
    )
    for _ in range(3):
        answer = client.get_secret_value(SecretId=secret)
        assert (answer["SecretString"], answer["VersionStages"]) == (FIRST, ["AWSCURRENT"])
    assert client.get_secret_value(SecretId=secret)["SecretString"] == "second"
    assert client.get_secret_value(SecretId=secret, VersionId=token(2))["VersionStages"] == [
        "AWSCURRENT",
        "AWSPENDING",
    ]


def test_fact_14_a_secret_never_rotated_has_no_rotation_keys(
    client: "SecretsManagerClient", secret: str
) -> None:
    described = client.describe_secret(SecretId=secret)
    assert not {key for key in described if "Rotat" in key}


def test_fact_16_a_deleted_secret_refuses_reads_and_writes(
    client: "SecretsManagerClient", secret: str
) -> None:
    client.delete_secret(SecretId=secret)
    refusals: list[tuple[str, dict[str, Any]]] = [
        ("get_secret_value", {}),
        ("put_secret_value", {"SecretString": "b"}),
        ("update_secret", {"SecretString": "b"}),
        ("rotate_secret", {"RotationLambdaARN": FUNCTION}),
        ("cancel_rotate_secret", {}),
        (
            "update_secret_version_stage",
            {"VersionStage": "mine", "MoveToVersionId": token(1)},
        ),
        ("tag_resource", {"Tags": [{"Key": "a", "Value": "b"}]}),
    ]
    for operation, request in refusals:
        with assert_refused("InvalidRequestException") as refusal:
            getattr(client, operation)(SecretId=secret, **request)
        assert "marked for deletion" in refusal.message
    assert "DeletedDate" in client.describe_secret(SecretId=secret)
    client.restore_secret(SecretId=secret)
    assert client.get_secret_value(SecretId=secret)["SecretString"] == FIRST


@pytest.mark.parametrize("operation", ["get_secret_value", "describe_secret", "rotate_secret"])
def test_fact_16_an_unknown_secret_is_not_found(
    client: "SecretsManagerClient", operation: str
) -> None:
    with assert_refused("ResourceNotFoundException") as refusal:
        getattr(client, operation)(SecretId="nobody")
    assert refusal.message == "Secrets Manager can't find the specified secret."


def test_fact_15_describe_shows_the_valueless_version_and_the_list_does_not(
    client: "SecretsManagerClient", valueless: str
) -> None:
    assert labels(client, valueless)["AWSPENDING"] == token(2)
    assert listed(client, valueless, IncludeDeprecated=True) == {token(1): ["AWSCURRENT"]}
