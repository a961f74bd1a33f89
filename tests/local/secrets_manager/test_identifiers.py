"""What a SecretId may be, and what is found by it."""

import pytest

from tests.fixtures.secrets_manager import assert_refused
from tests.local.secrets_manager.conftest import Running

INVALID = (
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
    "following: -/_+=.@!"
)
HERE = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


def test_a_secret_is_found_by_name_by_arn_and_by_partial_arn(running: Running, name: str) -> None:
    arn = running.client.create_secret(Name=name, SecretString="a")["ARN"]
    for secret_id in (name, arn, arn[:-7]):
        assert running.client.get_secret_value(SecretId=secret_id)["ARN"] == arn


def test_what_ends_as_a_full_arn_does_is_no_partial_one(running: Running, name: str) -> None:
    """As LocalStack recorded it: test_create_and_update_secret[Invalid/_+=.@-Name-a1b2c3]."""
    confusing = f"{name}/_+=.@-Name-a1b2c3"
    arn = running.client.create_secret(Name=confusing, SecretString="a")["ARN"]
    assert running.client.describe_secret(SecretId=arn)["Name"] == confusing
    with assert_refused("ResourceNotFoundException"):
        running.client.describe_secret(SecretId=arn[:-7])


@pytest.mark.parametrize(
    "secret_id",
    [
        "Inv Name",
        " Inv*Name? ",
        "arn:aws:secretsmanager:us-east-1:123456789012",
        "arn:aws:s3:::bucket",
        HERE + "a" + HERE,
        "ä",
        "line\n",
    ],
)
@pytest.mark.parametrize("operation", ["get_secret_value", "delete_secret", "describe_secret"])
def test_what_is_neither_a_name_nor_an_arn_is_invalid(
    running: Running, operation: str, secret_id: str
) -> None:
    """As LocalStack recorded it: test_invalid_secret_name."""
    with assert_refused("ValidationException") as refusal:
        getattr(running.client, operation)(SecretId=secret_id)
    assert refusal.message == INVALID
    with assert_refused("ValidationException") as refusal:
        running.client.create_secret(Name=secret_id)
    assert refusal.message == INVALID


@pytest.mark.parametrize("suffix", ["", "-AbCdEf"])
def test_an_arn_of_elsewhere_finds_nothing_of_here(
    running: Running, name: str, suffix: str
) -> None:
    running.client.create_secret(Name=name, SecretString="a")
    with assert_refused("ResourceNotFoundException"):
        running.client.get_secret_value(
            SecretId=f"{HERE.replace('us-east-1', 'eu-west-1')}{name}{suffix}"
        )
    with assert_refused("AccessDeniedException") as refusal:
        running.client.get_secret_value(
            SecretId=f"{HERE.replace('123456789012', '210987654321')}{name}{suffix}"
        )
    assert "no resource-based policy allows" in refusal.message


def test_forced_deletion_of_an_unknown_arn_answers_that_arn_and_its_name(
    running: Running, name: str
) -> None:
    arn = f"{HERE}{name}-AbCdEf"
    answer = running.client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    assert (answer["ARN"], answer["Name"]) == (arn, name)
    answer = running.client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert answer["Name"] == name
    assert answer["ARN"].startswith(f"{HERE}{name}-")
    assert len(answer["ARN"]) == len(arn)
