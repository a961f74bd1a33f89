"""What an operator's `endLeaked` does: the credential of an older version ends, proven."""

from collections.abc import Mapping
from typing import Generic

from shared.aws.store import Store
from shared.protocol.contract import Backend, C
from shared.protocol.operator import OperatorRequest


class Ending(Generic[C]):
    """One secret's leaked credential, which a rotation has replaced."""

    def __init__(self, backend: Backend[C], store: Store, request: OperatorRequest) -> None:
        self._backend = backend
        self._store = store
        self._request = request

    def run(self) -> Mapping[str, object]:
        """What was ended, and how it was refused then; raises RotationError."""
        raise NotImplementedError
