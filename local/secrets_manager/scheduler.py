"""Rotates each secret by itself when its window opens (facts 3 and 19)."""

import logging
import threading
import uuid

from local.secrets_manager import errors
from local.secrets_manager.orchestrator import Orchestrator
from local.secrets_manager.rotation import Rotation
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import ServiceState

_log = logging.getLogger(__name__)


class Scheduler:
    """One thread that sleeps until the next window of any secret."""

    def __init__(self, state: ServiceState, orchestrator: Orchestrator) -> None:
        self._state = state
        self._orchestrator = orchestrator
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="rotation schedule", daemon=True)

    def start(self) -> None:
        """Begin to watch the clock."""
        self._thread.start()

    def close(self) -> None:
        """Start no more rotations; wait for the thread to end."""
        self._closed = True
        self._state.replanned.set()
        self._thread.join()

    def _run(self) -> None:
        wake = self._state.replanned
        while True:
            # Cleared before anything is looked at, so that no later change is slept through.
            wake.clear()
            if self._closed:
                return
            self._state.clock.wait(wake, self._begin_due())

    def _begin_due(self) -> float | None:
        """Start what is due; the moment the next window opens, None if there is none."""
        with self._state.hold_lock():
            now = self._state.clock.now()
            secrets = [secret for secret in self._state.secrets() if not secret.is_deleted()]
            for secret in secrets:
                window = secret.rotation.window
                if window is not None and window.opens <= now:
                    secret.rotation.plan(now)
                    self._begin(secret)
            windows = [secret.rotation.window for secret in secrets]
            return min((window.opens for window in windows if window), default=None)

    def _begin(self, secret: Secret) -> None:
        """A rotation that isn't complete is reattempted; otherwise a new one starts."""
        if self._orchestrator.reattempt(secret):
            return
        try:
            self._orchestrator.start(secret, Rotation(str(uuid.uuid4()), "rotation"))
        except errors.Refusal as error:
            _log.warning("no scheduled rotation of %s: %s", secret.name, error.message)
