"""What the Secrets Manager API's errors mean to a rotation; none of their text is passed on.

Codes: the API reference's "Errors" of each operation, and its common errors.
"""

from http import HTTPStatus

from botocore import exceptions as botocore

from shared.errors import (
    NEXT_ATTEMPT,
    Forbidden,
    InvalidEvent,
    MalformedSecret,
    Meaning,
    Misconfigured,
    RotationError,
    Throttled,
    Unexpected,
    Unreachable,
)


class NotFound(InvalidEvent):
    """There is no such secret, version, label, or value yet (rule 12)."""


class Exists(InvalidEvent):
    """The version has another value already (rule 8)."""


class InvalidParameter(InvalidEvent):
    """For a label move: the label is not where the caller said (rule 10)."""


_DENIED = Meaning(
    Forbidden, "access was denied to",
    "allow the call on this secret in the function's role and in the VPC endpoint's policy, and "
    "kms:Decrypt and kms:GenerateDataKey on its key; PutSecretValue is also refused with the "
    "RotationToken of an earlier rotation",
)  # fmt: skip
_KMS = Meaning(
    Forbidden, "the secret's key was not usable by",
    "allow kms:Decrypt and kms:GenerateDataKey on it, and check that it is enabled",
)  # fmt: skip
_IDENTITY = Meaning(
    Forbidden, "the credentials were refused by", "check the function's role and the clock"
)
_RATE = Meaning(Throttled, "too many requests for", NEXT_ATTEMPT)
_DELETED = Meaning(
    InvalidEvent, "the secret is scheduled for deletion, or not to be used so, says",
    "restore it with RestoreSecret, or stop rotating it", "SecretId",
)  # fmt: skip
_BY_CODE = {
    "ResourceNotFoundException": Meaning(
        NotFound, "nothing was found by", "check that the secret exists in this region", "SecretId"
    ),
    "ResourceExistsException": Meaning(
        Exists, "the version has another value, says", "rotate again with a new token",
        "ClientRequestToken",
    ),
    "InvalidParameterException": Meaning(
        InvalidParameter, "a parameter was refused by", "check where the secret's labels are"
    ),
    "InvalidRequestException": _DELETED,
    "ValidationException": Meaning(
        MalformedSecret, "the value was refused by",
        "shorten the secret: a value may hold 65,536 bytes", "SecretString",
    ),
    **dict.fromkeys(
        ("InternalServiceError", "RequestTimeout", "RequestTimeoutException"),
        Meaning(Unreachable, "a failure inside", NEXT_ATTEMPT),
    ),
    **dict.fromkeys(("AccessDeniedException", "AccessDenied", "KMSAccessDeniedException"), _DENIED),
    **dict.fromkeys(("DecryptionFailure", "EncryptionFailure"), _KMS),
    **dict.fromkeys(
        ("UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException"),
        _IDENTITY,
    ),
    **dict.fromkeys(
        ("ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"),
        _RATE,
    ),
}  # fmt: skip
_UNKNOWN = Meaning(Misconfigured, "a refusal by", "see the API reference for this error code")


def translate(
    error: botocore.ClientError | botocore.BotoCoreError, secret_id: str
) -> RotationError:
    """The error in our words; `secret_id` is the secret the call was for."""
    if isinstance(error, botocore.ClientError):
        return _answered(error, secret_id)
    if isinstance(error, botocore.HTTPClientError | botocore.ConnectionError):
        return Unreachable(
            f"Secrets Manager did not answer ({type(error).__name__})",
            do="check the function's route to Secrets Manager: in a VPC, its interface endpoint, "
            "the endpoint's policy and security group",
        )
    if isinstance(error, botocore.NoCredentialsError | botocore.NoRegionError):
        return Misconfigured(
            f"the SDK has no credentials or region ({type(error).__name__})",
            do="run as a Lambda function, or set AWS_REGION and credentials",
        )
    return Unexpected(
        f"the AWS SDK refused a call for {secret_id} ({type(error).__name__})",
        do="report it with the log's `where`",
    )


def _answered(error: botocore.ClientError, secret_id: str) -> RotationError:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    meaning = _BY_CODE.get(code)
    if code == "ValidationException" and error.operation_name != "PutSecretValue":
        meaning = _UNKNOWN  # of other calls it is the arguments
    if meaning is None:
        failed_inside = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        meaning = _BY_CODE["InternalServiceError"] if failed_inside else _UNKNOWN
    call = f"secretsmanager:{error.operation_name} for {secret_id}"
    return meaning.error(call, code or f"HTTP {status}")


def deleted(secret_id: str) -> RotationError:
    """The secret is scheduled for deletion (rule 16)."""
    return _DELETED.error(f"secretsmanager:DescribeSecret for {secret_id}")
