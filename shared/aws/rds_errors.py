"""What the RDS API's errors mean to a rotation; none of their text is passed on.

Codes: the API reference's "Errors" of DescribeDBInstances and DescribeDBClusters, and its common
errors.
"""

from http import HTTPStatus

from botocore import exceptions as botocore

from shared.errors import (
    NEXT_ATTEMPT,
    Forbidden,
    Meaning,
    Misconfigured,
    RotationError,
    TargetMismatch,
    Throttled,
    Unexpected,
    Unreachable,
)


class NotFound(TargetMismatch):
    """There is no such instance or cluster in this account and region."""


_DENIED = Meaning(
    Forbidden, "access was denied to",
    "allow rds:DescribeDBInstances and rds:DescribeDBClusters in the function's role, and in the "
    "VPC endpoint's policy", "masterarn",
)  # fmt: skip
_IDENTITY = Meaning(
    Forbidden, "the credentials were refused by", "check the function's role and the clock"
)
_RATE = Meaning(Throttled, "too many requests for", NEXT_ATTEMPT)
_FAILED = Meaning(Unreachable, "a failure inside", NEXT_ATTEMPT)
_ABSENT = Meaning(NotFound, "nothing was found by", "correct 'masterarn'", "masterarn")
_UNKNOWN = Meaning(Misconfigured, "a refusal by", "see the API reference for this error code")
_BY_CODE = {
    **dict.fromkeys(
        # The last two: a first label that cannot be an identifier.
        ("DBInstanceNotFound", "DBInstanceNotFoundFault", "DBClusterNotFoundFault",
         "InvalidParameterValue", "ValidationError"), _ABSENT,
    ),
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "NotAuthorized"), _DENIED),
    **dict.fromkeys(
        ("InvalidClientTokenId", "ExpiredToken", "SignatureDoesNotMatch", "IncompleteSignature",
         "MissingAuthenticationToken", "OptInRequired"), _IDENTITY,
    ),
    **dict.fromkeys(
        ("Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown"), _RATE
    ),
}  # fmt: skip


def translate(error: botocore.ClientError | botocore.BotoCoreError) -> RotationError:
    """The error in our words."""
    if isinstance(error, botocore.ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        inside = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        meaning = _BY_CODE.get(code, _FAILED if inside else _UNKNOWN)
        return meaning.error(f"rds:{error.operation_name}", code or f"HTTP {status}")
    if isinstance(error, botocore.HTTPClientError | botocore.ConnectionError):
        return Unreachable(
            f"Amazon RDS did not answer ({type(error).__name__})",
            do="check the function's route to the RDS API: in a VPC, an interface endpoint for "
            "rds or a NAT gateway, and their security groups",
        )
    if isinstance(error, botocore.NoCredentialsError | botocore.NoRegionError):
        return Misconfigured(
            f"the SDK has no credentials or region ({type(error).__name__})",
            do="run as a Lambda function, or set AWS_REGION and credentials",
        )
    return Unexpected(
        f"the AWS SDK refused a call to RDS ({type(error).__name__})",
        do="report it with the log's `where`",
    )
