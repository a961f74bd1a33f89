"""What a warm function remembers of the rotation that it is in.

Only to save calls: a step that finds nothing here reads it from the service.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Memory:
    """Of one rotation, by its token and the event's name for the secret.

    has_begun: whether createSecret ran here, so that it is no rotation that only tests.
    secrets: the documents of other secrets, such as the admin's, by ARN.
    notes: what a backend has noted for its later steps.
    """

    token: str
    secret_id: str
    has_begun: bool = False
    secrets: dict[str, Mapping[str, object]] = field(default_factory=dict, repr=False)
    notes: dict[str, object] = field(default_factory=dict, repr=False)


_last: list[Memory] = []


def forget_secrets() -> None:
    """After a step that failed: a person may correct what was read before the next attempt."""
    for each in _last:
        each.secrets.clear()


def of_rotation(token: str, secret_id: str) -> Memory:
    """The memory of this rotation, which is empty for a new one; any other is forgotten."""
    if not _last or (_last[0].token, _last[0].secret_id) != (token, secret_id):
        _last[:] = [Memory(token, secret_id)]
    return _last[0]
