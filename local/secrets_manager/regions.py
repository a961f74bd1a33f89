"""The regions of a service: each has its own secrets and rotations, made when first asked for."""

import re
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from werkzeug.wrappers import Request as HttpRequest

from local.secrets_manager.operations import operations
from local.secrets_manager.orchestrator import Orchestrator
from local.secrets_manager.responses import Operation
from local.secrets_manager.scheduler import Scheduler
from local.secrets_manager.state import Common, ServiceState

# Signature Version 4's credential scope: key/date/region/service/aws4_request.
_SCOPE = re.compile(r"Credential=[^,\s]*/\d{8}/((?:[a-z]+-)+\d+)/[a-z]+/aws4_request")


@dataclass(frozen=True, slots=True)
class Region:
    """One region: its secrets, and what may be asked of them."""

    state: ServiceState
    operations: Mapping[str, Operation]


class Regions:
    """Every region by its name; what is due is rotated between start() and close()."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._regions: dict[str, Region] = {}
        self._making = threading.Lock()
        self._waiting: list[tuple[Orchestrator, Scheduler]] = []
        self._running: ExitStack | None = None

    def __getitem__(self, name: str) -> Region:
        """The region, made now if nothing has asked for it yet."""
        with self._making:
            if name not in self._regions:
                self._regions[name] = self._make(name)
            return self._regions[name]

    def start(self) -> None:
        """Begin to rotate what is due, in regions that are made later too."""
        with self._making:
            self._running = ExitStack()
            self._start_waiting()

    def close(self) -> None:
        """Begin no more rotations, and stop those that run after their running step."""
        with self._making:
            running, self._running = self._running, None
        if running is not None:
            running.close()

    def _make(self, name: str) -> Region:
        state = ServiceState(self._common, name, lambda other: self[other].state)
        orchestrator = Orchestrator(state)
        self._waiting.append((orchestrator, Scheduler(state, orchestrator)))
        self._start_waiting()
        return Region(state, operations(state, orchestrator))

    def _start_waiting(self) -> None:
        if self._running is not None:
            for orchestrator, scheduler in self._waiting:
                self._running.callback(orchestrator.close)
                scheduler.start()
                self._running.callback(scheduler.close)
            self._waiting.clear()


def region_of(http: HttpRequest, default: str) -> str:
    """The region that the request is signed for; the default where it is not signed."""
    scope = _SCOPE.search(http.headers.get("Authorization", ""))
    return scope[1] if scope else default
