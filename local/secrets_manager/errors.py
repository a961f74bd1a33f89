"""What the service answers when it refuses, in AWS's words; every one is HTTP 400 (rule 12)."""

from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceExistsException,
    ResourceNotFoundException,
    SecretsManagerClientError,
)


class AccessDeniedException(SecretsManagerClientError):
    """The caller may not do this."""

    def __init__(self, message: str) -> None:
        super().__init__("AccessDeniedException", message)


class LimitExceededException(SecretsManagerClientError):
    """A quota of rule 17 would be passed."""

    def __init__(self, message: str) -> None:
        super().__init__("LimitExceededException", message)


class InvalidNextTokenException(SecretsManagerClientError):
    """A page was asked for that no answer named."""

    def __init__(self) -> None:
        super().__init__("InvalidNextTokenException", "The NextToken value is invalid.")


class ValidationException(SecretsManagerClientError):
    """A parameter is outside what the service's model allows."""

    def __init__(self, field: str, constraint: str) -> None:
        super().__init__(
            "ValidationException",
            f"1 validation error detected: Value at '{field}' failed to satisfy constraint: "
            f"Member must {constraint}",
        )


def invalid_parameter(message: str) -> SecretsManagerClientError:
    """A parameter that the service won't take."""
    return InvalidParameterException(message)


def secret_not_found() -> SecretsManagerClientError:
    """No such secret (rule 16)."""
    return ResourceNotFoundException("Secrets Manager can't find the specified secret.")


def value_not_found(kind: str, which: str) -> SecretsManagerClientError:
    """No such version, no version with that label, or one without a value yet (rule 12)."""
    return ResourceNotFoundException(
        f"Secrets Manager can't find the specified secret value for {kind}: {which}"
    )


def label_elsewhere() -> SecretsManagerClientError:
    """VersionId and VersionStage name different versions (rule 12)."""
    return InvalidRequestException(
        "You provided a VersionStage that is not associated to the provided VersionId."
    )


def deleted() -> SecretsManagerClientError:
    """The secret is scheduled for deletion (rule 16)."""
    return InvalidRequestException(
        "You can't perform this operation on the secret because it was marked for deletion."
    )


def invalid_request(message: str) -> SecretsManagerClientError:
    """The request doesn't fit the secret's state."""
    return InvalidRequestException(message)


def secret_exists(name: str) -> SecretsManagerClientError:
    """CreateSecret on a name in use."""
    return ResourceExistsException(
        f"The operation failed because the secret {name} already exists."
    )


def token_in_use(token: str, arn: str) -> SecretsManagerClientError:
    """The version has another value, and versions are immutable (rule 8)."""
    return ResourceExistsException(
        f"You can't use ClientRequestToken {token} because that value is already in use "
        f"for a version of secret {arn}."
    )


def rotation_incomplete() -> SecretsManagerClientError:
    """AWSPENDING is on a version that is not AWSCURRENT (rule 5)."""
    return InvalidRequestException(
        "A previous rotation isn't complete. That rotation will be reattempted."
    )


def cannot_invoke() -> SecretsManagerClientError:
    """The rotation function is not there or may not be invoked."""
    return AccessDeniedException(
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
        "policy grants access to the principal secretsmanager.amazonaws.com."
    )
