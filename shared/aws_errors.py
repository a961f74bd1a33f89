"""What the Secrets Manager API's errors mean to a rotation; none of their text is passed on.

Codes: the API reference's "Errors" of each operation, and its common errors.
"""

from botocore import exceptions as botocore

from shared.errors import (
    Forbidden,
    InvalidEvent,
    Misconfigured,
    RotationError,
    Throttled,
    Unexpected,
    Unreachable,
)

_RATE = {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"}
_KMS = {"DecryptionFailure", "EncryptionFailure"}
_DENIED = {"AccessDeniedException", "AccessDenied", "KMSAccessDeniedException"}
_IDENTITY = {"UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException"}
_SERVER_ERROR = 500


class NotFound(InvalidEvent):
    """There is no such secret, version, label, or value yet (rule 12)."""


class Exists(InvalidEvent):
    """The version has another value already (rule 8)."""


class InvalidParameter(InvalidEvent):
    """For a label move: the label is not where the caller said (rule 10)."""


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


def _answered(error: botocore.ClientError, secret_id: str) -> RotationError:  # noqa: PLR0911 - a table
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    call = f"secretsmanager:{error.operation_name}"
    where = f"{call} for {secret_id} answered {code or status}"
    if code == "ResourceNotFoundException":
        return NotFound(where, do="check that the secret exists in this region", field="SecretId")
    if code == "ResourceExistsException":
        return Exists(where, do="rotate again with a new token", field="ClientRequestToken")
    if code == "InvalidParameterException":
        return InvalidParameter(where, do="check where the secret's labels are")
    if code == "InvalidRequestException":
        return deleted(secret_id)
    if code in _DENIED:
        return Forbidden(where, do=f"allow {call} on this secret in the function's role")
    if code in _KMS:
        return Forbidden(where, do="allow kms:Decrypt and kms:GenerateDataKey on the secret's key")
    if code in _IDENTITY:
        return Forbidden(where, do="check the function's role and the machine's clock")
    if code in _RATE:
        return Throttled(where, do="wait for the service's next attempt")
    if status >= _SERVER_ERROR or code == "InternalServiceError":
        return Unreachable(where, do="wait for the service's next attempt")
    return Misconfigured(where, do="see the API reference for this error code")


def deleted(secret_id: str) -> InvalidEvent:
    """The secret is scheduled for deletion, or owned by another service (rule 16)."""
    return InvalidEvent(
        f"secret {secret_id} is scheduled for deletion or cannot be used this way",
        do="restore it with RestoreSecret, or stop rotating it",
        field="SecretId",
    )
