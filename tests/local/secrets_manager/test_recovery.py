"""The way out of a stuck rotation, and what it leaves to find: fact 7."""

from typing import TYPE_CHECKING

from local.secrets_manager import SecretsManager
from tests.fixtures.secrets_manager import (
    CREATED,
    STEPS,
    Event,
    Scripted,
    assert_refused,
    failing,
    labels,
    listed,
    put_pending,
    rotate,
    token,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def test_fact_07_cancelling_stops_after_the_running_step_and_keeps_awspending(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    def cancel(_event: Event) -> None:
        client.cancel_rotate_secret(SecretId=secret)

    function.before["setSecret"] = cancel
    rotate(client, secret)
    outcome = service.wait_for_rotation(secret)
    assert (outcome.state, function.steps) == ("cancelled", STEPS[:2])
    assert client.describe_secret(SecretId=secret)["RotationEnabled"] is False
    assert labels(client, secret) == {"AWSCURRENT": token(1), "AWSPENDING": token(2)}


def test_fact_07_cancel_take_awspending_off_and_rotate_again(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    function.before["testSecret"] = failing("lockout")
    rotate(client, secret)
    service.wait_for_rotation(secret)
    answer = client.cancel_rotate_secret(SecretId=secret)
    assert answer["VersionId"] == token(2)
    client.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSPENDING", RemoveFromVersionId=token(2)
    )
    assert client.get_secret_value(SecretId=secret, VersionId=token(2))["SecretString"] == CREATED
    assert listed(client, secret, IncludeDeprecated=True)[token(2)] == []
    del function.before["testSecret"]
    rotate(client, secret, 3)
    assert service.wait_for_rotation(secret, beyond=1).state == "succeeded"
    assert labels(client, secret)["AWSCURRENT"] == token(3)
    assert client.describe_secret(SecretId=secret)["RotationEnabled"] is True


def test_fact_07_a_cancelled_rotation_is_not_reattempted(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    function.before["testSecret"] = failing()
    rotate(client, secret)
    service.wait_for_rotation(secret)
    client.cancel_rotate_secret(SecretId=secret)
    with assert_refused("InvalidRequestException"):
        rotate(client, secret, 3)
    assert len(service.outcomes(secret)) == 1
    assert client.describe_secret(SecretId=secret)["RotationEnabled"] is False


def test_fact_07_an_unlabelled_version_is_readable_by_id_and_listed_if_asked(
    client: "SecretsManagerClient", secret: str
) -> None:
    put_pending(client, secret, 2, "lost")
    client.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSPENDING", RemoveFromVersionId=token(2)
    )
    answer = client.get_secret_value(SecretId=secret, VersionId=token(2))
    assert answer["SecretString"] == "lost"
    assert "VersionStages" not in answer
    assert listed(client, secret) == {token(1): ["AWSCURRENT"]}
    assert listed(client, secret, IncludeDeprecated=True)[token(2)] == []


def test_fact_07_versions_are_listed_page_by_page_with_their_dates(
    client: "SecretsManagerClient", secret: str
) -> None:
    for number in (2, 3, 4):
        client.put_secret_value(
            SecretId=secret, ClientRequestToken=token(number), SecretString=str(number)
        )
    assert list(listed(client, secret, MaxResults=2, IncludeDeprecated=True)) == [
        token(number) for number in (1, 2, 3, 4)
    ]
    page = client.list_secret_version_ids(SecretId=secret, MaxResults=1)
    assert page["ARN"] == secret
    assert "CreatedDate" in page["Versions"][0]
    with assert_refused("InvalidNextTokenException"):
        client.list_secret_version_ids(SecretId=secret, NextToken="not one")


def test_fact_07_a_cancelled_rotation_of_a_secret_without_a_value_is_not_in_the_way(
    service: SecretsManager, client: "SecretsManagerClient", function: Scripted
) -> None:
    client.create_secret(Name="empty")
    function.before["createSecret"] = failing()
    rotate(client, "empty")
    assert service.wait_for_rotation("empty").state == "failed"
    with assert_refused("InvalidRequestException"):  # it is reattempted (fact 5)
        rotate(client, "empty", 3)
    service.wait_for_rotation("empty", beyond=1)
    client.cancel_rotate_secret(SecretId="empty")
    assert labels(client, "empty") == {"AWSPENDING": token(2)}
    del function.before["createSecret"]
    rotate(client, "empty", 3)
    assert service.wait_for_rotation("empty", beyond=2).state == "succeeded"
    assert labels(client, "empty") == {"AWSCURRENT": token(3)}
