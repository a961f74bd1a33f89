"""What the service answers when it refuses, in AWS's words; every one is HTTP 400 (fact 12)."""


class Refusal(Exception):
    """A refused request: the error's code in the API, and its message, which quotes no value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def refusal(code: str, message: str) -> Refusal:
    """One by its code, such as LimitExceededException."""
    return Refusal(code, message)


def access_denied(message: str) -> Refusal:
    """The caller may not do this."""
    return Refusal("AccessDeniedException", message)


def not_authorized(arn: str) -> Refusal:
    """A secret of another account, in the words that users of AWS report."""
    return access_denied(
        "The caller is not authorized to perform this operation on resource: "
        f"{arn} because no resource-based policy allows it"
    )


def validation(field: str, constraint: str) -> Refusal:
    """A parameter is outside what the service's model allows."""
    return Refusal(
        "ValidationException",
        f"1 validation error detected: Value at '{field}' failed to satisfy constraint: "
        f"Member must {constraint}",
    )


def invalid_name() -> Refusal:
    """What is no name and no ARN (recorded on AWS: LocalStack's test_invalid_secret_name)."""
    return Refusal(
        "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
        "following: -/_+=.@!",
    )


def invalid_parameter(message: str) -> Refusal:
    """A parameter that the service won't take."""
    return Refusal("InvalidParameterException", message)


def invalid_request(message: str) -> Refusal:
    """The request doesn't fit the secret's state."""
    return Refusal("InvalidRequestException", message)


def not_offered(what: str) -> Refusal:
    """A part of the API that this service has not, rather than a wrong answer; not AWS's words."""
    return Refusal("InvalidParameterException", f"{what}: not offered here.")


def secret_not_found() -> Refusal:
    """No such secret (fact 16)."""
    return _not_found("Secrets Manager can't find the specified secret.")


def on_replica() -> Refusal:
    """Only the primary can be changed (recorded on AWS: cloud-nuke's issue 435)."""
    return invalid_parameter(
        "Operation not permitted on a replica secret. Call must be made in primary secret's region."
    )


def value_not_found(kind: str, which: str) -> Refusal:
    """No such version, no version with that label, or one without a value yet (fact 12)."""
    return _not_found(f"Secrets Manager can't find the specified secret value for {kind}: {which}")


def _not_found(message: str) -> Refusal:
    return Refusal("ResourceNotFoundException", message)


def secret_exists(name: str) -> Refusal:
    """CreateSecret on a name in use."""
    return Refusal(
        "ResourceExistsException",
        f"The operation failed because the secret {name} already exists.",
    )


def token_in_use(token: str, arn: str) -> Refusal:
    """The version has another value, and versions are immutable (fact 8)."""
    return Refusal(
        "ResourceExistsException",
        f"You can't use ClientRequestToken {token} because that value is already in use "
        f"for a version of secret {arn}.",
    )
