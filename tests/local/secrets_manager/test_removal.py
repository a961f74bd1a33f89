"""A secret that is deleted: until when it can be restored, and what is left of it then."""

from typing import Any

import pytest

from tests.fixtures.secrets_manager import assert_refused
from tests.local.secrets_manager.conftest import Running

DAY = 24 * 3600


@pytest.mark.parametrize(("given", "days"), [({}, 30), ({"RecoveryWindowInDays": 7}, 7)])
def test_a_secret_is_gone_as_its_recovery_window_ends(
    running: Running, name: str, given: dict[str, Any], days: int
) -> None:
    arn = running.client.create_secret(Name=name, SecretString="a")["ARN"]
    date = running.client.delete_secret(SecretId=name, **given)["DeletionDate"]
    assert date.timestamp() == running.clock.now() + days * DAY
    running.clock.advance(days * DAY - 1)
    assert running.client.describe_secret(SecretId=name)["DeletedDate"] == date
    with assert_refused("InvalidRequestException"):
        running.client.create_secret(Name=name)
    running.clock.advance(1)
    for secret_id in (name, arn):
        with assert_refused("ResourceNotFoundException"):
            running.client.describe_secret(SecretId=secret_id)
    with assert_refused("ResourceNotFoundException"):
        running.client.restore_secret(SecretId=name)
    listed = running.client.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert name not in [item["Name"] for item in listed]
    assert running.client.create_secret(Name=name)["ARN"] != arn


def test_a_restored_secret_stays(running: Running, name: str) -> None:
    running.client.create_secret(Name=name, SecretString="a")
    running.client.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    running.client.restore_secret(SecretId=name)
    running.clock.advance(8 * DAY)
    assert running.client.get_secret_value(SecretId=name)["SecretString"] == "a"


def test_a_secret_on_its_way_out_can_be_forced(running: Running, name: str) -> None:
    """The API reference: to force the deletion of one already deleted is no error."""
    running.client.create_secret(Name=name)
    running.client.delete_secret(SecretId=name)
    for _ in range(2):
        running.client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    running.client.create_secret(Name=name)


@pytest.mark.parametrize(
    "request_",
    [
        {"RecoveryWindowInDays": 6},
        {"RecoveryWindowInDays": 31},
        {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True},
    ],
)
def test_seven_to_thirty_days_or_none(
    running: Running, name: str, request_: dict[str, Any]
) -> None:
    running.client.create_secret(Name=name)
    with assert_refused("InvalidParameterException"):
        running.client.delete_secret(SecretId=name, **request_)
    assert "DeletedDate" not in running.client.describe_secret(SecretId=name)
