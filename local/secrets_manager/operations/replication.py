"""ReplicateSecretToRegions, RemoveRegionsFromReplication and StopReplicationToReplica.

Sources: the user guide's Replicate secrets and Promote a replica; the AWS CLI's own examples, of
which one answers InProgress, and DescribeSecret then InSync; refusals as they are recorded in
gruntwork-io/cloud-nuke's issue 435 and in moto's tests of replicas.
"""

import functools
from collections.abc import Mapping, Sequence

import botocore.session

from local.secrets_manager import errors
from local.secrets_manager.arn import in_region
from local.secrets_manager.replica import Replica
from local.secrets_manager.secret import Replication, Secret
from local.secrets_manager.state import Answer, Request, ServiceState

Wanted = Sequence[Mapping[str, str]]


def replicate_secret_to_regions(state: ServiceState, request: Request) -> Answer:
    """ReplicateSecretToRegions; a region where it failed before is tried again."""
    secret = state.find(request)
    wanted: Wanted = request["AddReplicaRegions"]
    check(state, wanted)
    force = request.get("ForceOverwriteReplicaSecret", False)
    return {"ARN": secret.arn, "ReplicationStatus": replicate(state, secret, wanted, force=force)}


def remove_regions_from_replication(state: ServiceState, request: Request) -> Answer:
    """RemoveRegionsFromReplication: the replicas are gone; a region without one is no error."""
    secret = state.find(request)
    for region in request["RemoveReplicaRegions"]:
        replication = secret.replications.pop(region, None)
        if replication is not None and replication.replica is not None:
            state.elsewhere(region).store.remove(replication.replica)
    _note_primary(secret, state.region)
    return {"ARN": secret.arn, "ReplicationStatus": secret.replication_status()}


def stop_replication_to_replica(state: ServiceState, request: Request) -> Answer:
    """StopReplicationToReplica, in the replica's region: it is a secret of its own from now on.

    SecretId is the replica's name or ARN, or that of the primary, as the API says.
    """
    here = in_region(request["SecretId"], state.region)
    replica = state.find({"SecretId": here}, replica_too=True)
    if not isinstance(replica, Replica):
        raise errors.invalid_request("This secret is not a replica.")
    del replica.primary.replications[state.region]
    _note_primary(replica.primary, replica.primary_region)
    state.store.add(replica.promote())
    return {"ARN": replica.arn}


def check(state: ServiceState, wanted: Wanted) -> None:
    """Refuse what can be no region of a replica."""
    if any(each["Region"] not in _regions() - {state.region} for each in wanted):
        raise errors.invalid_parameter("Invalid replica region.")


def replicate(
    state: ServiceState, secret: Secret, wanted: Wanted, *, force: bool
) -> list[dict[str, object]]:
    """The status of all replicas, in which those begun now are still in progress.

    force: a secret with the same name in the region is overwritten.
    """
    begun: set[str] = set()
    if wanted:
        secret.primary_region = state.region
    for each in wanted:
        region, key = each["Region"], each.get("KmsKeyId")
        known = secret.replications.get(region)
        if known is None or known.replica is None:
            replica = _replicate(state, secret, region, key, force=force)
            secret.replications[region] = Replication(region, key, replica)
            begun.add(region)
    return secret.replication_status(in_progress=begun)


def _replicate(
    state: ServiceState, secret: Secret, region: str, key: str | None, *, force: bool
) -> Replica | None:
    """The replica; None where another secret has its name, and may not or can't be overwritten."""
    there = state.elsewhere(region)
    taken = there.store.named(secret.name)
    if taken is not None:
        if not force or isinstance(taken, Replica) or taken.replications:
            return None
        if taken.incomplete is not None:
            taken.incomplete.stop("cancelled")
        there.store.remove(taken)
    replica = Replica(secret, region, key, state.clock.now())
    there.store.add(replica)
    return replica


def _note_primary(secret: Secret, region: str | None) -> None:
    """PrimaryRegion is told as long as there is another region (chosen)."""
    secret.primary_region = region if secret.replications else None


@functools.cache
def _regions() -> frozenset[str]:
    """The regions of AWS's main partition that have the service."""
    return frozenset(botocore.session.Session().get_available_regions("secretsmanager"))
