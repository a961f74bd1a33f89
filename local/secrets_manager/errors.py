"""What the service answers when it refuses, in AWS's words; every one is HTTP 400 (fact 12)."""

from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceExistsException,
    ResourceNotFoundException,
    SecretsManagerClientError,
)


def refusal(code: str, message: str) -> SecretsManagerClientError:
    """One by its code, such as LimitExceededException."""
    return SecretsManagerClientError(code, message)


def access_denied(message: str) -> SecretsManagerClientError:
    """The caller may not do this."""
    return refusal("AccessDeniedException", message)


def validation(field: str, constraint: str) -> SecretsManagerClientError:
    """A parameter is outside what the service's model allows."""
    return refusal(
        "ValidationException",
        f"1 validation error detected: Value at '{field}' failed to satisfy constraint: "
        f"Member must {constraint}",
    )


def invalid_parameter(message: str) -> SecretsManagerClientError:
    """A parameter that the service won't take."""
    return InvalidParameterException(message)


def invalid_request(message: str) -> SecretsManagerClientError:
    """The request doesn't fit the secret's state."""
    return InvalidRequestException(message)


def secret_not_found() -> SecretsManagerClientError:
    """No such secret (fact 16)."""
    return ResourceNotFoundException("Secrets Manager can't find the specified secret.")


def value_not_found(kind: str, which: str) -> SecretsManagerClientError:
    """No such version, no version with that label, or one without a value yet (fact 12)."""
    return ResourceNotFoundException(
        f"Secrets Manager can't find the specified secret value for {kind}: {which}"
    )


def secret_exists(name: str) -> SecretsManagerClientError:
    """CreateSecret on a name in use."""
    return ResourceExistsException(
        f"The operation failed because the secret {name} already exists."
    )


def token_in_use(token: str, arn: str) -> SecretsManagerClientError:
    """The version has another value, and versions are immutable (fact 8)."""
    return ResourceExistsException(
        f"You can't use ClientRequestToken {token} because that value is already in use "
        f"for a version of secret {arn}."
    )
