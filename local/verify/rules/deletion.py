"""Deleted secrets (fact 16)."""

from datetime import UTC, datetime, timedelta

from local.verify.expect import equal, holds, refused
from local.verify.probe import CURRENT, FIRST, Probe, Secret
from local.verify.registry import rule

UNKNOWN = "Secrets Manager can't find the specified secret."


def _deleted(probe: Probe) -> Secret:
    secret = probe.secret()
    probe.client.delete_secret(SecretId=secret.arn)
    return secret


@rule(16)
def an_unknown_secret_is_not_found(probe: Probe) -> None:
    """Reads and writes of an unknown secret are ResourceNotFoundException."""
    name = probe.name()
    with refused("ResourceNotFoundException", UNKNOWN):
        probe.client.get_secret_value(SecretId=name)
    with refused("ResourceNotFoundException", UNKNOWN):
        probe.client.list_secret_version_ids(SecretId=name)
    with refused("ResourceNotFoundException", UNKNOWN):
        probe.client.put_secret_value(SecretId=name, SecretString="any")


@rule(16)
def a_deleted_secret_refuses_reads(probe: Probe) -> None:
    """GetSecretValue of a deleted secret is InvalidRequestException."""
    secret = _deleted(probe)
    with refused("InvalidRequestException", "marked for deletion"):
        probe.client.get_secret_value(SecretId=secret.arn)


@rule(16, assumed=True)
def a_deleted_secret_refuses_writes(probe: Probe) -> None:
    """PutSecretValue and UpdateSecret of a deleted secret are InvalidRequestException."""
    secret = _deleted(probe)
    with refused("InvalidRequestException", "marked for deletion"):
        probe.put(secret, "second")
    with refused("InvalidRequestException", "marked for deletion"):
        probe.client.update_secret(SecretId=secret.arn, SecretString="second")


@rule(16)
def a_deleted_secret_is_described_with_the_date(probe: Probe) -> None:
    """DescribeSecret of a deleted secret succeeds, and has DeletedDate."""
    secret = _deleted(probe)
    described = probe.client.describe_secret(SecretId=secret.arn)
    holds("DeletedDate is missing", "DeletedDate" in described)


@rule(16)
def the_window_is_7_to_30_days_and_30_unless_said(probe: Probe) -> None:
    """DeleteSecret answers with the day its window ends: 30 days on, or as said from 7 on."""
    for given, days in (({}, 30), ({"RecoveryWindowInDays": 7}, 7)):
        answer = probe.client.delete_secret(SecretId=probe.secret().arn, **given)
        left = answer["DeletionDate"] - datetime.now(UTC)
        close = timedelta(days=days - 1) < left < timedelta(days=days + 1)
        holds(f"the window with {given}: {left}", close)
    secret = probe.secret()
    with refused("InvalidParameterException"):
        probe.client.delete_secret(SecretId=secret.arn, RecoveryWindowInDays=6)
    with refused("InvalidParameterException"):
        probe.client.delete_secret(
            SecretId=secret.arn, RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True
        )
    probe.see_labels(secret, {secret.version: [CURRENT]})


@rule(16)
def a_restored_secret_is_as_it_was(probe: Probe) -> None:
    """After RestoreSecret the value can be read, and there is no DeletedDate."""
    secret = _deleted(probe)
    answer = probe.client.restore_secret(SecretId=secret.arn)
    equal("its answer", (answer["ARN"], answer["Name"]), (secret.arn, secret.name))
    value = probe.client.get_secret_value(SecretId=secret.arn)["SecretString"]
    equal("its value", value, FIRST)
    described = probe.client.describe_secret(SecretId=secret.arn)
    equal("DeletedDate", described.get("DeletedDate"), None)


@rule(16)
def the_name_of_a_deleted_secret_is_taken(probe: Probe) -> None:
    """CreateSecret with the name of a deleted secret is InvalidRequestException."""
    secret = _deleted(probe)
    text = "a secret with this name is already scheduled for deletion."
    with refused("InvalidRequestException", text):
        probe.client.create_secret(Name=secret.name, SecretString="second")


@rule(16)
def a_forced_deletion_is_at_once_and_takes_what_is_not_there(probe: Probe) -> None:
    """ForceDeleteWithoutRecovery deletes at once, and succeeds for an unknown name as well."""
    secret = probe.secret()
    probe.client.delete_secret(SecretId=secret.arn, ForceDeleteWithoutRecovery=True)

    def gone() -> str:
        try:
            probe.client.describe_secret(SecretId=secret.arn)
        except probe.client.exceptions.ResourceNotFoundException as error:
            return str(error.response["Error"]["Message"])
        return "it is there"

    within = max(probe.place.patience.settle, 1) * 8  # AWS deletes it soon, not at once
    probe.until("the secret", gone, lambda seen: seen == UNKNOWN, within=within)
    unknown = probe.name()
    answer = probe.client.delete_secret(SecretId=unknown, ForceDeleteWithoutRecovery=True)
    equal("the name in its answer", answer["Name"], unknown)


@rule(16)
def a_secret_in_its_window_can_be_deleted_at_once(probe: Probe) -> None:
    """ForceDeleteWithoutRecovery of a secret that is scheduled for deletion succeeds."""
    secret = _deleted(probe)
    answer = probe.client.delete_secret(SecretId=secret.arn, ForceDeleteWithoutRecovery=True)
    equal("its answer", (answer["ARN"], answer["Name"]), (secret.arn, secret.name))
