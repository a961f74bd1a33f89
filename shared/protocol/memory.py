"""What a warm function remembers of the rotation that it is in.

Only to save calls: a step that finds nothing here reads it from the service.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Memory:
    """Of one rotation, by its token.

    has_begun: whether createSecret ran here, so that it is no rotation that only tests.
    secrets: the documents of other secrets, such as the admin's, by ARN.
    """

    token: str
    has_begun: bool = False
    secrets: dict[str, Mapping[str, object]] = field(default_factory=dict, repr=False)


_last: list[Memory] = []


def of_rotation(token: str) -> Memory:
    """The memory of this rotation, which is empty for a new one; any other is forgotten."""
    if not _last or _last[0].token != token:
        _last[:] = [Memory(token)]
    return _last[0]
