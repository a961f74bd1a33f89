"""Labels move whole or not at all: facts 10, 11 and 15."""

from typing import TYPE_CHECKING

import pytest

from local.secrets_manager import SecretsManager
from local.secrets_manager.versions import AfterFinish
from tests.fixtures.secrets_manager import FUNCTION, assert_refused, labels, put_pending, token

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@pytest.fixture
def pending(client: "SecretsManagerClient", secret: str) -> str:
    """The secret, with AWSCURRENT on token(1) and AWSPENDING on token(2)."""
    put_pending(client, secret, 2, "second")
    return secret


def test_fact_10_awscurrent_moves_and_awsprevious_follows(
    client: "SecretsManagerClient", pending: str
) -> None:
    client.update_secret_version_stage(
        SecretId=pending,
        VersionStage="AWSCURRENT",
        MoveToVersionId=token(2),
        RemoveFromVersionId=token(1),
    )
    assert labels(client, pending) == {"AWSCURRENT": token(2), "AWSPREVIOUS": token(1)}
    assert client.get_secret_value(SecretId=pending)["SecretString"] == "second"


def test_fact_10_moving_back_swaps_current_and_previous(
    client: "SecretsManagerClient", pending: str
) -> None:
    for to, away_from in ((2, 1), (1, 2)):
        client.update_secret_version_stage(
            SecretId=pending,
            VersionStage="AWSCURRENT",
            MoveToVersionId=token(to),
            RemoveFromVersionId=token(away_from),
        )
    assert labels(client, pending) == {"AWSCURRENT": token(1), "AWSPREVIOUS": token(2)}


def attached(label: str, number: int) -> str:
    """The refusal of a move that doesn't name the version the label is on."""
    return (
        f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently "
        f"attached to version {token(number)}, so you must explicitly reference that version in "
        "RemoveFromVersionId."
    )


IMMOVABLE = (
    "You can only move staging label AWSCURRENT to a different secret version. "
    "It can't be completely removed."
)


@pytest.mark.parametrize(
    ("label", "to", "away_from", "message"),
    [
        ("AWSCURRENT", 2, None, attached("AWSCURRENT", 1)),
        ("AWSCURRENT", 2, 2, f"Version stage AWSCURRENT not found in version {token(2)}"),
        ("AWSCURRENT", 9, 1, f"Not a valid version: {token(9)}"),
        ("AWSCURRENT", None, 1, IMMOVABLE),
        ("AWSPENDING", 1, None, attached("AWSPENDING", 2)),
    ],
)
def test_fact_10_a_refused_move_changes_nothing(  # noqa: PLR0913 three of them are the request
    client: "SecretsManagerClient",
    pending: str,
    *,
    label: str,
    to: int | None,
    away_from: int | None,
    message: str,
) -> None:
    before = labels(client, pending)
    versions = {"MoveToVersionId": to, "RemoveFromVersionId": away_from}
    named = {key: token(number) for key, number in versions.items() if number}
    with assert_refused("InvalidParameterException") as refusal:
        client.update_secret_version_stage(SecretId=pending, VersionStage=label, **named)
    assert refusal.message == message
    assert labels(client, pending) == before


def test_fact_10_the_move_made_twice_is_one_move(
    client: "SecretsManagerClient", pending: str
) -> None:
    def move(away_from: str) -> None:
        client.update_secret_version_stage(
            SecretId=pending,
            VersionStage="AWSCURRENT",
            MoveToVersionId=token(2),
            RemoveFromVersionId=away_from,
        )

    move(token(1))
    after = labels(client, pending)
    with assert_refused("InvalidParameterException"):
        move(token(1))
    move(token(2))
    assert labels(client, pending) == after


def test_fact_10_another_label_is_removed_by_naming_its_version(
    client: "SecretsManagerClient", pending: str
) -> None:
    client.update_secret_version_stage(
        SecretId=pending, VersionStage="AWSPENDING", RemoveFromVersionId=token(2)
    )
    assert labels(client, pending) == {"AWSCURRENT": token(1)}


@pytest.mark.parametrize(
    ("state", "expected"), [("keeps", ["AWSCURRENT", "AWSPENDING"]), ("removes", ["AWSCURRENT"])]
)
def test_fact_11_after_finish_awspending_stays_or_goes(
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    state: AfterFinish,
    expected: list[str],
) -> None:
    service.settings.pending_after_finish = state
    answer = client.rotate_secret(SecretId=secret, RotationLambdaARN=FUNCTION)
    assert service.wait_for_rotation(secret).state == "succeeded"
    assert client.get_secret_value(SecretId=secret)["VersionStages"] == expected
    # Either way the next rotation is free to begin (fact 5).
    again = client.rotate_secret(SecretId=secret, ClientRequestToken=token(3))
    assert service.wait_for_rotation(secret, beyond=1).version_id == again["VersionId"]
    assert labels(client, secret)["AWSPREVIOUS"] == answer["VersionId"]


def test_fact_15_describe_leaves_out_versions_without_labels(
    client: "SecretsManagerClient", secret: str
) -> None:
    for number in (2, 3):
        client.put_secret_value(
            SecretId=secret, ClientRequestToken=token(number), SecretString=str(number)
        )
    assert client.describe_secret(SecretId=secret)["VersionIdsToStages"] == {
        token(2): ["AWSPREVIOUS"],
        token(3): ["AWSCURRENT"],
    }
