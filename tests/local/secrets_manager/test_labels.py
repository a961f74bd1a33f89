"""Labels move whole or not at all: facts 10, 11 and 15."""

from typing import TYPE_CHECKING

import pytest

from tests.fixtures.secrets_manager import assert_refused, labels, put_pending, token

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@pytest.fixture
def pending(client: "SecretsManagerClient", secret: str) -> str:
    """The secret, with AWSCURRENT on token(1) and AWSPENDING on token(2)."""
    put_pending(client, secret, 2, "second")
    return secret


def make_current(
    client: "SecretsManagerClient", secret: str, number: int, *, away_from: int
) -> None:
    client.update_secret_version_stage(
        SecretId=secret,
        VersionStage="AWSCURRENT",
        MoveToVersionId=token(number),
        RemoveFromVersionId=token(away_from),
    )


def test_fact_10_awscurrent_moves_and_awsprevious_follows(
    client: "SecretsManagerClient", pending: str
) -> None:
    make_current(client, pending, 2, away_from=1)
    on = labels(client, pending)
    assert (on["AWSCURRENT"], on["AWSPREVIOUS"]) == (token(2), token(1))
    assert client.get_secret_value(SecretId=pending)["SecretString"] == "second"


def test_fact_10_moving_back_swaps_current_and_previous(
    client: "SecretsManagerClient", pending: str
) -> None:
    for to, away_from in ((2, 1), (1, 2)):
        make_current(client, pending, to, away_from=away_from)
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
    make_current(client, pending, 2, away_from=1)
    after = labels(client, pending)
    with assert_refused("InvalidParameterException"):
        make_current(client, pending, 2, away_from=1)
    make_current(client, pending, 2, away_from=2)
    assert labels(client, pending) == after


def test_fact_10_another_label_is_removed_by_naming_its_version(
    client: "SecretsManagerClient", pending: str
) -> None:
    client.update_secret_version_stage(
        SecretId=pending, VersionStage="AWSPENDING", RemoveFromVersionId=token(2)
    )
    assert labels(client, pending) == {"AWSCURRENT": token(1)}


def test_fact_11_the_move_touches_awscurrent_and_awsprevious_only(
    client: "SecretsManagerClient", pending: str
) -> None:
    make_current(client, pending, 2, away_from=1)
    assert labels(client, pending) == {
        "AWSCURRENT": token(2),
        "AWSPENDING": token(2),
        "AWSPREVIOUS": token(1),
    }


@pytest.mark.parametrize("operation", ["put_secret_value", "update_secret"])
def test_fact_11_a_later_value_drops_awspending_from_the_version_it_leaves(
    client: "SecretsManagerClient", pending: str, operation: str
) -> None:
    make_current(client, pending, 2, away_from=1)
    getattr(client, operation)(
        SecretId=pending, ClientRequestToken=token(3), SecretString="by hand"
    )
    assert labels(client, pending) == {"AWSCURRENT": token(3), "AWSPREVIOUS": token(2)}


def test_fact_11_a_later_move_drops_awspending_from_the_version_it_leaves(
    client: "SecretsManagerClient", pending: str
) -> None:
    make_current(client, pending, 2, away_from=1)
    make_current(client, pending, 1, away_from=2)
    assert labels(client, pending) == {"AWSCURRENT": token(1), "AWSPREVIOUS": token(2)}


def test_fact_11_a_put_may_make_its_version_both(
    client: "SecretsManagerClient", pending: str
) -> None:
    make_current(client, pending, 2, away_from=1)
    client.put_secret_value(
        SecretId=pending,
        ClientRequestToken=token(3),
        SecretString="both",
        VersionStages=["AWSPENDING", "AWSCURRENT"],
    )
    assert labels(client, pending) == {
        "AWSCURRENT": token(3),
        "AWSPENDING": token(3),
        "AWSPREVIOUS": token(2),
    }


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
