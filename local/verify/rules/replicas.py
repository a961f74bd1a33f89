"""Replicas in other regions (fact 30)."""

from typing import Any

from local.verify.expect import equal, refused
from local.verify.probe import FIRST, Probe, Secret
from local.verify.registry import rule

REPLICATION_SECONDS = 60
NOT_PERMITTED = (
    "Operation not permitted on a replica secret. Call must be made in primary secret's region."
)


def _replicated(probe: Probe) -> tuple[Secret, Any]:
    """A secret with a replica in the other region, and a client there."""
    secret, region = probe.secret(), probe.place.other_region
    probe.replicated(secret)
    probe.client.replicate_secret_to_regions(
        SecretId=secret.arn, AddReplicaRegions=[{"Region": region}]
    )
    _until(probe, "the replica's status", lambda: _status(probe, secret), "InSync")
    return secret, probe.listening(region)


def _status(probe: Probe, secret: Secret) -> str:
    described = probe.client.describe_secret(SecretId=secret.arn)
    return " ".join(each["Status"] for each in described.get("ReplicationStatus", []))


def _until(probe: Probe, what: str, read: Any, wanted: object) -> None:  # noqa: ANN401 any reading
    within = probe.place.patience.settle and REPLICATION_SECONDS
    probe.until(what, read, lambda seen: seen == wanted, within=within, wanted=repr(wanted))


@rule(30)
def a_replica_has_the_value_under_the_same_name(probe: Probe) -> None:
    """In the other region the secret has its name, value and version, and that region's ARN."""
    secret, there = _replicated(probe)
    answer = there.get_secret_value(SecretId=secret.name)
    read = answer["SecretString"], answer["VersionId"]
    equal("what is read there", read, (FIRST, secret.version))
    arn = secret.arn.replace(f":{probe.place.region}:", f":{probe.place.other_region}:")
    equal("its ARN", answer["ARN"], arn)
    described = there.describe_secret(SecretId=secret.name)
    equal("its PrimaryRegion", described.get("PrimaryRegion"), probe.place.region)


@rule(30)
def a_replica_follows_its_primary(probe: Probe) -> None:
    """A value that is put into the primary comes to be the replica's, with the same version."""
    secret, there = _replicated(probe)
    version = probe.put(secret, "second")
    _until(
        probe,
        "the version that is read there",
        lambda: there.get_secret_value(SecretId=secret.name)["VersionId"],
        version,
    )


@rule(30)
def a_replica_refuses_writes(probe: Probe) -> None:
    """PutSecretValue and DeleteSecret of a replica are InvalidParameterException."""
    secret, there = _replicated(probe)
    with refused("InvalidParameterException", NOT_PERMITTED):
        there.put_secret_value(SecretId=secret.name, SecretString="second")
    with refused("InvalidParameterException", NOT_PERMITTED):
        there.delete_secret(SecretId=secret.name)


@rule(30)
def a_secret_with_replicas_is_not_deleted(probe: Probe) -> None:
    """DeleteSecret of a secret with a replica is InvalidParameterException; without it, it goes."""
    secret, there = _replicated(probe)
    text = f"still has replica regions [{probe.place.other_region}]"
    with refused("InvalidParameterException", text):
        probe.client.delete_secret(SecretId=secret.arn)
    probe.client.remove_regions_from_replication(
        SecretId=secret.arn, RemoveReplicaRegions=[probe.place.other_region]
    )

    def there_is() -> str:
        try:
            there.describe_secret(SecretId=secret.name)
        except there.exceptions.ResourceNotFoundException:
            return "gone"
        return "there"

    _until(probe, "the replica", there_is, "gone")
    probe.client.delete_secret(SecretId=secret.arn)


@rule(30)
def a_secret_is_created_with_its_replica(probe: Probe) -> None:
    """CreateSecret with AddReplicaRegions makes the replica as well."""
    region = probe.place.other_region
    secret = probe.secret(AddReplicaRegions=[{"Region": region}])
    probe.replicated(secret)
    _until(probe, "the replica's status", lambda: _status(probe, secret), "InSync")
    value = probe.listening(region).get_secret_value(SecretId=secret.name)["SecretString"]
    equal("the value there", value, FIRST)


@rule(30)
def there_is_no_replica_in_the_region_of_the_primary(probe: Probe) -> None:
    """A replica in the secret's own region is InvalidParameterException."""
    secret = probe.secret()
    with refused("InvalidParameterException", "Invalid replica region."):
        probe.client.replicate_secret_to_regions(
            SecretId=secret.arn, AddReplicaRegions=[{"Region": probe.place.region}]
        )


@rule(30)
def a_replica_that_is_promoted_is_a_secret_of_its_own(probe: Probe) -> None:
    """After StopReplicationToReplica, a put there is accepted, and the primary stays as it was."""
    secret, there = _replicated(probe)
    there.stop_replication_to_replica(SecretId=secret.name)
    there.put_secret_value(SecretId=secret.name, SecretString="second")
    _until(
        probe,
        "the value there",
        lambda: there.get_secret_value(SecretId=secret.name)["SecretString"],
        "second",
    )
    value = probe.client.get_secret_value(SecretId=secret.arn)["SecretString"]
    equal("the value of the primary", value, FIRST)
    there.delete_secret(SecretId=secret.name, ForceDeleteWithoutRecovery=True)


@rule(30)
def a_region_without_the_secret_does_not_know_it(probe: Probe) -> None:
    """A secret that has no replica there is ResourceNotFoundException in another region."""
    secret = probe.secret()
    there = probe.listening(probe.place.other_region)
    with refused("ResourceNotFoundException"):
        there.get_secret_value(SecretId=secret.name)
