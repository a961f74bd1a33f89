"""What the errors of ElastiCache and MemoryDB mean here; shared/aws/errors.py has all others.

Codes: the API references of ModifyUser, UpdateUser and the operations that describe.
"""

from collections.abc import Mapping

from shared.aws.errors import Api
from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    RejectedByPolicy,
    TargetMismatch,
)

FIELD = "managed"  # of the secret: which of the services keeps the user


class Gone(TargetMismatch):
    """There is no such group or cache."""


_GONE = ErrorRow(Gone, "it is no longer there", NEXT_ATTEMPT)
_NO_USER = ErrorRow(
    TargetMismatch, "there is no such user", "correct 'user_id' in the secret", "user_id"
)
_NO_USER_OF_NAME = _NO_USER._replace(do="correct 'username' in the secret", field="username")
_CHANGING = ErrorRow(Busy, "the user is being changed by another call", NEXT_ATTEMPT)
_REFUSED = ErrorRow(
    RejectedByPolicy, "the password was refused",
    "let the password's rules give 16 to 128 characters that the service takes", "password",
)  # fmt: skip


def _denied(service: str) -> ErrorRow:
    return ErrorRow(
        Forbidden, "access was denied",
        f"let ValkeyUserArns of the stack have the ARN of the {service} user, and look for a "
        "policy of the organization, or a permissions boundary, that denies this call", FIELD,
    )  # fmt: skip


def _api(name: str, prefix: str, own: Mapping[str, ErrorRow]) -> Api:
    route = (
        f"check the function's route to {name}: in a VPC, a NAT gateway or an interface endpoint "
        f"for {name}"
    )
    return Api(name, prefix, route, _denied(name), own)


ELASTICACHE = _api(
    "ElastiCache",
    "elasticache",
    {
        "UserNotFound": _NO_USER,
        "UserNotFoundFault": _NO_USER,
        **dict.fromkeys(
            ("UserGroupNotFound", "ReplicationGroupNotFoundFault", "ServerlessCacheNotFoundFault"),
            _GONE,
        ),
        "InvalidUserState": _CHANGING,
        "InvalidUserStateFault": _CHANGING,
        "ModifyUser.InvalidParameterValue": _REFUSED,
        "ModifyUser.InvalidParameterValueException": _REFUSED,
    },
)
MEMORYDB = _api(
    "MemoryDB",
    "memorydb",
    {
        "UserNotFoundFault": _NO_USER_OF_NAME,
        **dict.fromkeys(("ACLNotFoundFault", "ClusterNotFoundFault"), _GONE),
        "InvalidUserStateFault": _CHANGING,
        "UpdateUser.InvalidParameterValueException": _REFUSED,
    },
)
