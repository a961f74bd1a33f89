"""Versions are immutable and bounded: facts 8, 9 and 17."""

from typing import TYPE_CHECKING

import pytest

from local.secrets_manager import ManualClock
from tests.fixtures.secrets_manager import FIRST, assert_refused, labels, listed, put_pending, token

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

DAY = 24 * 3600


def test_fact_08_the_same_token_and_value_again_changes_nothing(
    client: "SecretsManagerClient", secret: str
) -> None:
    before = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    again = client.put_secret_value(
        SecretId=secret,
        ClientRequestToken=token(1),
        SecretString=FIRST,
        VersionStages=["AWSPENDING"],
    )
    assert again["VersionStages"] == ["AWSCURRENT"]
    assert client.describe_secret(SecretId=secret)["VersionIdsToStages"] == before


@pytest.mark.parametrize("operation", ["put_secret_value", "update_secret"])
def test_fact_08_the_same_token_with_another_value_is_refused(
    client: "SecretsManagerClient", secret: str, operation: str
) -> None:
    with assert_refused("ResourceExistsException") as refusal:
        getattr(client, operation)(
            SecretId=secret, ClientRequestToken=token(1), SecretString="other"
        )
    assert refusal.message.startswith(
        f"You can't use ClientRequestToken {token(1)} because that value is already in use"
    )
    assert client.get_secret_value(SecretId=secret)["SecretString"] == FIRST


def test_fact_08_a_pending_version_is_as_immutable_as_any(
    client: "SecretsManagerClient", secret: str
) -> None:
    put_pending(client, secret, 2, "a")
    with assert_refused("ResourceExistsException"):
        put_pending(client, secret, 2, "b")
    assert client.get_secret_value(SecretId=secret, VersionId=token(2))["SecretString"] == "a"


def test_fact_08_text_and_bytes_are_different_values(
    client: "SecretsManagerClient", secret: str
) -> None:
    with assert_refused("ResourceExistsException"):
        client.put_secret_value(
            SecretId=secret, ClientRequestToken=token(1), SecretBinary=FIRST.encode()
        )


def test_fact_09_a_put_takes_its_label_from_whatever_version_had_it(
    client: "SecretsManagerClient", secret: str
) -> None:
    for number in (2, 3):
        put_pending(client, secret, number, str(number))
    assert labels(client, secret) == {"AWSCURRENT": token(1), "AWSPENDING": token(3)}


def test_fact_09_a_put_without_labels_becomes_current_and_other_labels_stay(
    client: "SecretsManagerClient", secret: str
) -> None:
    client.update_secret_version_stage(
        SecretId=secret, VersionStage="mine", MoveToVersionId=token(1)
    )
    client.put_secret_value(SecretId=secret, ClientRequestToken=token(2), SecretString="b")
    assert labels(client, secret) == {
        "AWSCURRENT": token(2),
        "AWSPREVIOUS": token(1),
        "mine": token(1),
    }


@pytest.mark.parametrize("value", ["x" * 65_536, "é" * 32_768])
def test_fact_17_a_value_may_have_65536_bytes(client: "SecretsManagerClient", value: str) -> None:
    client.create_secret(Name="big", SecretString=value)
    assert client.get_secret_value(SecretId="big")["SecretString"] == value


@pytest.mark.parametrize("value", ["x" * 65_537, "é" * 32_769])
def test_fact_17_a_longer_value_is_refused(
    client: "SecretsManagerClient", secret: str, value: str
) -> None:
    with assert_refused("ValidationException") as refusal:
        client.put_secret_value(SecretId=secret, SecretString=value)
    assert "65536" in refusal.message
    with assert_refused("ValidationException"):
        client.put_secret_value(SecretId=secret, SecretBinary=value.encode())
    assert client.get_secret_value(SecretId=secret)["VersionId"] == token(1)


def test_fact_17_twenty_labels_over_all_versions(
    client: "SecretsManagerClient", secret: str
) -> None:
    for number in range(19):
        client.update_secret_version_stage(
            SecretId=secret, VersionStage=f"label-{number}", MoveToVersionId=token(1)
        )
    with assert_refused("LimitExceededException"):
        client.update_secret_version_stage(
            SecretId=secret, VersionStage="one-more", MoveToVersionId=token(1)
        )
    with assert_refused("LimitExceededException"):
        client.put_secret_value(SecretId=secret, SecretString="b", VersionStages=["one-more"])
    assert len(labels(client, secret)) == 20
    assert len(client.list_secret_version_ids(SecretId=secret)["Versions"]) == 1


def test_fact_17_unlabelled_versions_go_beyond_100_but_not_before_a_day(
    client: "SecretsManagerClient", secret: str, clock: ManualClock
) -> None:
    def unlabelled() -> int:
        return sum(not on_it for on_it in listed(client, secret, IncludeDeprecated=True).values())

    for number in range(105):
        client.put_secret_value(SecretId=secret, SecretString=str(number))
    assert unlabelled() == 104
    clock.advance(DAY + 1)
    client.put_secret_value(SecretId=secret, SecretString="the day after")
    assert unlabelled() == 100
