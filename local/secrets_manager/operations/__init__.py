"""The API's operations that are ours, each with what performs it under the state's lock."""

from collections.abc import Mapping
from functools import partial

from local.secrets_manager.operations import reads, removal, rotations, writes
from local.secrets_manager.orchestrator import Orchestrator
from local.secrets_manager.responses import Operation
from local.secrets_manager.state import ServiceState

_OURS = {
    "BatchGetSecretValue": reads.batch_get_secret_value,
    "CancelRotateSecret": rotations.cancel_rotate_secret,
    "CreateSecret": writes.create_secret,
    "DeleteSecret": removal.delete_secret,
    "DescribeSecret": reads.describe_secret,
    "GetSecretValue": reads.get_secret_value,
    "ListSecretVersionIds": reads.list_secret_version_ids,
    "PutSecretValue": writes.put_secret_value,
    "RestoreSecret": removal.restore_secret,
    "UpdateSecret": writes.update_secret,
    "UpdateSecretVersionStage": writes.update_secret_version_stage,
}


def operations(state: ServiceState, orchestrator: Orchestrator) -> Mapping[str, Operation]:
    """Every operation that is ours, by its name in the API."""
    rotate = partial(rotations.rotate_secret, state, orchestrator)
    return {"RotateSecret": rotate, **{name: partial(act, state) for name, act in _OURS.items()}}
