"""What of the API this service has not: it is refused, where an answer would be a wrong one."""

from collections.abc import Mapping

from local.secrets_manager import errors
from local.secrets_manager.state import Request

# Secrets that a partner outside AWS holds, and replicas in another account.
_NOT_OFFERED: Mapping[str, tuple[str, ...]] = {
    "CreateSecret": ("Type", "CrossAccountPrimaryARN"),
    "RotateSecret": ("ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn"),
    "UpdateSecret": ("Type",),
}


def check(operation: str, request: Request) -> None:
    """Refuse the parameters that are not offered; an empty one asks for nothing."""
    for name in _NOT_OFFERED.get(operation, ()):
        if request.get(name):
            raise errors.not_offered(name)
