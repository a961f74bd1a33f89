"""ListSecrets, and the filters it shares with BatchGetSecretValue."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.secrets_manager.operations.paging import page
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import Answer, Request, ServiceState

_MAX_PAGE = 100


def list_secrets(state: ServiceState, request: Request) -> Answer:
    """ListSecrets."""
    found = [
        secret
        for secret in state.secrets()
        if (request.get("IncludePlannedDeletion") or not secret.is_deleted())
        and matches(secret, request.get("Filters", ()))
    ]
    listed, token = page(found, request, _MAX_PAGE)
    return {"SecretList": [secret.to_dict() for secret in listed], **token}


def matches(secret: Secret, filters: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the secret passes every filter; one filter's values are alternatives."""
    return all(_passes(_ATTRIBUTES[each["Key"]](secret), each) for each in filters)


_ATTRIBUTES: Mapping[str, Callable[[Secret], list[str]]] = {
    "name": lambda secret: [secret.name],
    "description": lambda secret: [secret.description or ""],
    "tag-key": lambda secret: list(secret.tags),
    "tag-value": lambda secret: list(secret.tags.values()),
    "primary-region": lambda secret: [secret.to_dict().get("PrimaryRegion", "")],
    "owning-service": lambda _secret: [],
    "all": lambda secret: [
        secret.name,
        secret.description or "",
        *secret.tags,
        *secret.tags.values(),
    ],
}


def _passes(attributes: list[str], each: Mapping[str, Any]) -> bool:
    return any(attribute.startswith(value) for value in each["Values"] for attribute in attributes)
