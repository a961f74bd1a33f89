"""What the errors of AWS's APIs mean to a rotation; none of their text is passed on.

Codes: the API references' common errors, and the Secrets Manager API's "Errors" of each operation.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from ssl import SSLCertVerificationError

from botocore import exceptions as botocore
from botocore.parsers import ResponseParserError

from shared.errors import (
    NEXT_ATTEMPT,
    ErrorRow,
    Forbidden,
    InvalidEvent,
    MalformedSecret,
    Misconfigured,
    RotationError,
    Throttled,
    Unexpected,
    Unreachable,
    Untrusted,
)
from shared.translation import causes, translate_errors

_IDENTITY = ErrorRow(
    Forbidden, "the function's credentials were refused", "check the function's role and the clock"
)
_RATE = ErrorRow(Throttled, "there were too many requests", NEXT_ATTEMPT)
_FAILURE = ErrorRow(Unreachable, "the service failed", NEXT_ATTEMPT)
_UNKNOWN = ErrorRow(
    Misconfigured, "the call was refused", "see the API reference for this error code"
)
_DENIED = ("AccessDenied", "AccessDeniedException", "NotAuthorized")
_COMMON = {
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidClientTokenId",
         "InvalidSignatureException", "MissingAuthenticationToken", "OptInRequired",
         "SignatureDoesNotMatch", "UnrecognizedClientException"), _IDENTITY,
    ),
    **dict.fromkeys(
        ("RequestLimitExceeded", "SlowDown", "Throttling", "ThrottlingException",
         "TooManyRequestsException"), _RATE,
    ),
    **dict.fromkeys(("RequestTimeout", "RequestTimeoutException"), _FAILURE),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Api:
    """One of AWS's APIs in messages: its names, the way to it, and what it alone says.

    denied: for a call that the role may not make; codes: by the code, or by `Operation.code`.
    """

    name: str
    prefix: str
    route: str
    denied: ErrorRow
    codes: Mapping[str, ErrorRow]

    def translate_errors(self, about: str = "") -> AbstractContextManager[None]:
        """Raise the SDK's errors in the block as ours; `about` is what the call is for."""
        # Those about parameters print the parameters.
        return translate_errors(
            botocore.ClientError,
            botocore.BotoCoreError,
            ResponseParserError,
            by=lambda error: self._translate(error, about and f" for {about}"),
        )

    def _translate(self, error: Exception, about: str) -> RotationError:
        if isinstance(error, botocore.ClientError):
            return self._translate_answer(error, about)
        code = type(error).__name__
        if any(isinstance(each, SSLCertVerificationError) for each in causes(error)):
            return Untrusted(
                f"the certificate of who answers for {self.name} is not trusted ({code})",
                do="check the function's proxy, its AWS_ENDPOINT_URL... and AWS_CA_BUNDLE, and "
                "that the file in TLS_CA_BUNDLE, where set, has the authorities of AWS too",
            )
        if isinstance(error, ResponseParserError):  # whose text is the answer's
            return Unreachable(f"{self.name} answered what cannot be read ({code})", do=self.route)
        if isinstance(error, botocore.HTTPClientError | botocore.ConnectionError):
            return Unreachable(f"no answer from {self.name} ({code})", do=self.route)
        if isinstance(error, botocore.NoCredentialsError | botocore.NoRegionError):
            return Misconfigured(
                f"the SDK has no credentials or region ({code})",
                do="run as a Lambda function, or set AWS_REGION and credentials",
            )
        return Unexpected(
            f"the AWS SDK refused a call to {self.name}{about} ({code})",
            do="report it with this log line",
        )

    def _translate_answer(self, error: botocore.ClientError, about: str) -> RotationError:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        specific = self.codes.get(f"{error.operation_name}.{code}") or self.codes.get(code)
        row = specific or (self.denied if code in _DENIED else _COMMON.get(code))
        if row is None:
            row = _FAILURE if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _UNKNOWN
        return row.error(f"{self.prefix}:{error.operation_name}{about}", code or f"HTTP {status}")


class NotFound(InvalidEvent):
    """There is no such secret, version, label, or value yet (facts 12 and 16)."""


class Exists(InvalidEvent):
    """The version has another value already (fact 8)."""


class InvalidParameter(InvalidEvent):
    """For a label move: the label is not where the caller said (fact 10)."""


_NOT_ALLOWED = ErrorRow(
    Forbidden, "access was denied",
    "allow the call on this secret in the function's role and in the VPC endpoint's policy, and "
    "kms:Decrypt and kms:GenerateDataKey on its key; PutSecretValue is also refused with the "
    "RotationToken of an earlier rotation",
)  # fmt: skip
_KMS = ErrorRow(
    Forbidden, "the secret's KMS key cannot be used",
    "allow kms:Decrypt and kms:GenerateDataKey on it, and check that it is enabled",
)  # fmt: skip
_DELETED = ErrorRow(
    InvalidEvent, "the secret is scheduled for deletion, or in a state in which it cannot be used",
    "restore it with RestoreSecret, or stop rotating it", "SecretId",
)  # fmt: skip
SECRETS_MANAGER = Api(
    "Secrets Manager",
    "secretsmanager",
    "check the function's route to Secrets Manager: in a VPC, its interface endpoint, the "
    "endpoint's policy and security group",
    _NOT_ALLOWED,
    {
        "ResourceNotFoundException": ErrorRow(
            NotFound, "nothing was found", "check that the secret exists in this region",
            "SecretId",
        ),
        "ResourceExistsException": ErrorRow(
            Exists, "the version has another value", "rotate again with a new token",
            "ClientRequestToken",
        ),
        "InvalidParameterException": ErrorRow(
            InvalidParameter, "a parameter was refused", "check where the secret's labels are"
        ),
        "InvalidRequestException": _DELETED,
        "GetSecretValue.ValidationException": ErrorRow(
            InvalidEvent, "what was named is neither a secret's name nor its ARN",
            "name the secret by its ARN", "SecretId",
        ),
        # Of other calls it is the arguments.
        "PutSecretValue.ValidationException": ErrorRow(
            MalformedSecret, "the value was refused",
            "shorten the secret: a value may hold 65,536 bytes", "SecretString",
        ),
        "InternalServiceError": _FAILURE,
        "KMSAccessDeniedException": _NOT_ALLOWED,
        "DecryptionFailure": _KMS,
        "EncryptionFailure": _KMS,
    },
)  # fmt: skip


def deleted_error(secret_id: str) -> RotationError:
    """The error of a secret that is scheduled for deletion (fact 16)."""
    return _DELETED.error(f"secretsmanager:DescribeSecret for {secret_id}")
