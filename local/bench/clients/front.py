"""Secrets Manager as clients see it, at an address of its own: it can be throttled, or down."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum

from werkzeug.wrappers import Request as HttpRequest

from local.secrets_manager import SecretsManager
from local.secrets_manager.client import environment
from local.secrets_manager.responses import Http
from local.secrets_manager.server import serving

HANG_SECONDS = 60.0
_HEADERS = {"Content-Type": "application/x-amz-json-1.1"}
_PENDING = b'"AWSPENDING"'


class Trouble(Enum):
    """What befalls the clients' calls; those of the functions go elsewhere."""

    NONE = "none"
    THROTTLED = "throttled"  # every second one
    REFUSED = "refused"  # nobody listens; on a connection that is open still, an error
    HANGING = "hanging"
    DENIED = "AWSPENDING denied"


class Front:
    """`trouble` may be changed at any time; what hangs ends as it is."""

    def __init__(self, service: SecretsManager) -> None:
        self._service = service
        self._changed = threading.Condition()
        self._trouble = Trouble.NONE
        self._listening = ExitStack()
        self._port = 0
        self.environment: dict[str, str] = {}

    @property
    def trouble(self) -> Trouble:
        """What befalls calls now."""
        return self._trouble

    @trouble.setter
    def trouble(self, trouble: Trouble) -> None:
        before = self._trouble
        with self._changed:
            self._trouble = trouble
            self._changed.notify_all()
        if trouble is Trouble.REFUSED:
            self.close()
        elif before is Trouble.REFUSED:
            self.listen()

    def listen(self) -> None:
        """Begin to answer, at the port that it had before."""
        url = self._listening.enter_context(serving(self.answer, self._port))
        self._port = int(url.rpartition(":")[2])
        self.environment = environment(url, self._service.region)

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()

    def answer(self, http: HttpRequest) -> Http:
        """The service's answer, or trouble."""
        trouble = self._trouble
        if trouble is Trouble.HANGING:
            with self._changed:
                self._changed.wait_for(lambda: self._trouble is not trouble, HANG_SECONDS)
        if trouble in (Trouble.REFUSED, Trouble.HANGING):
            return _refusal(500, "InternalServiceError")
        if trouble is Trouble.THROTTLED and random.random() < 0.5:  # noqa: S311, PLR2004 - see above
            return _refusal(400, "ThrottlingException")
        if trouble is Trouble.DENIED and _PENDING in http.get_data():
            return _refusal(400, "AccessDeniedException")
        return self._service.answer(http)


@contextmanager
def front(service: SecretsManager) -> Iterator[Front]:
    """One that answers while the block runs; its `environment` is the clients'."""
    made = Front(service)
    made.listen()
    try:
        yield made
    finally:
        made.trouble = Trouble.NONE
        made.close()


def _refusal(status: int, code: str) -> Http:
    return status, _HEADERS, json.dumps({"__type": code, "message": "as the bench says"})
