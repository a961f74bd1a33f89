"""ListSecrets: what it lists, in which order."""

from collections.abc import Callable, Mapping
from typing import Any

from local.secrets_manager.operations.filters import matches
from local.secrets_manager.operations.paging import page
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import Answer, Request, ServiceState

_MAX_PAGE = 100

# What was never read sorts before what was (chosen).
_ORDERS: Mapping[str, Callable[[Secret], Any]] = {
    "created-date": lambda secret: secret.created,
    "last-accessed-date": lambda secret: secret.last_accessed() or 0.0,
    "last-changed-date": lambda secret: secret.changed,
    "name": lambda secret: secret.name,
}


def list_secrets(state: ServiceState, request: Request) -> Answer:
    """ListSecrets: by CreatedDate, the oldest first, unless another order is asked for.

    That the oldest is the first was recorded on AWS (LocalStack's test_create_multi_secrets).
    """
    found = [
        secret
        for secret in state.secrets()
        if request.get("IncludePlannedDeletion") or not secret.is_deleted()
    ]
    found = [secret for secret in found if matches(secret, request.get("Filters", ()))]
    found.sort(
        key=_ORDERS[request.get("SortBy", "created-date")],
        reverse=request.get("SortOrder") == "desc",
    )
    listed, token = page(found, request, "ListSecrets", _MAX_PAGE)
    return {"SecretList": [secret.entry() for secret in listed], **token}
