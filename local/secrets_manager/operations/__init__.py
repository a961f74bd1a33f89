"""The API's operations that are ours, each with what performs it."""

from collections.abc import Mapping

from local.secrets_manager.operations.reads import Reads
from local.secrets_manager.operations.removal import Removal
from local.secrets_manager.operations.rotations import Rotations
from local.secrets_manager.operations.writes import Writes
from local.secrets_manager.orchestrator import Orchestrator
from local.secrets_manager.responses import Operation
from local.secrets_manager.state import ServiceState


def operations(state: ServiceState, orchestrator: Orchestrator) -> Mapping[str, Operation]:
    """Every operation that is ours, by its name in the API."""
    reads, writes, removal = Reads(state), Writes(state), Removal(state)
    rotations = Rotations(state, orchestrator)
    return {
        "BatchGetSecretValue": reads.batch_get_secret_value,
        "CancelRotateSecret": rotations.cancel_rotate_secret,
        "CreateSecret": writes.create_secret,
        "DeleteSecret": removal.delete_secret,
        "DescribeSecret": reads.describe_secret,
        "GetSecretValue": reads.get_secret_value,
        "ListSecretVersionIds": reads.list_secret_version_ids,
        "PutSecretValue": writes.put_secret_value,
        "RestoreSecret": removal.restore_secret,
        "RotateSecret": rotations.rotate_secret,
        "UpdateSecret": writes.update_secret,
        "UpdateSecretVersionStage": writes.update_secret_version_stage,
    }
