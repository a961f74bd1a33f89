"""The API's operations that are offered, each with what performs it under the state's lock."""

from collections.abc import Mapping
from functools import partial

from local.secrets_manager.operations import (
    batches,
    lists,
    passwords,
    policies,
    reads,
    removal,
    replication,
    rotations,
    tags,
    writes,
)
from local.secrets_manager.orchestrator import Orchestrator
from local.secrets_manager.responses import Operation
from local.secrets_manager.state import ServiceState

_OFFERED = {
    "BatchGetSecretValue": batches.batch_get_secret_value,
    "CancelRotateSecret": rotations.cancel_rotate_secret,
    "CreateSecret": writes.create_secret,
    "DeleteResourcePolicy": policies.delete_resource_policy,
    "DeleteSecret": removal.delete_secret,
    "DescribeSecret": reads.describe_secret,
    "GetRandomPassword": passwords.get_random_password,
    "GetResourcePolicy": policies.get_resource_policy,
    "GetSecretValue": reads.get_secret_value,
    "ListResourcePolicies": policies.list_resource_policies,
    "ListSecretVersionIds": reads.list_secret_version_ids,
    "ListSecrets": lists.list_secrets,
    "PutResourcePolicy": policies.put_resource_policy,
    "PutSecretValue": writes.put_secret_value,
    "RemoveRegionsFromReplication": replication.remove_regions_from_replication,
    "ReplicateSecretToRegions": replication.replicate_secret_to_regions,
    "RestoreSecret": removal.restore_secret,
    "StopReplicationToReplica": replication.stop_replication_to_replica,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "UpdateSecret": writes.update_secret,
    "UpdateSecretVersionStage": writes.update_secret_version_stage,
    "ValidateResourcePolicy": policies.validate_resource_policy,
}


def operations(state: ServiceState, orchestrator: Orchestrator) -> Mapping[str, Operation]:
    """Every operation that is offered, by its name in the API."""
    rotate = partial(rotations.rotate_secret, state, orchestrator)
    return {"RotateSecret": rotate, **{name: partial(act, state) for name, act in _OFFERED.items()}}
