"""Runs rotations as the service does: four steps, stop at a failure, retry the whole (1-6)."""

import threading
from typing import cast

from local.secrets_manager import ending
from local.secrets_manager.attempt import Result, attempt
from local.secrets_manager.journal import EventName, RotationOutcome, ServiceEvent, Step
from local.secrets_manager.rotation import Rotation
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import ServiceState
from local.secrets_manager.versions import CURRENT, PENDING


class Orchestrator:
    """Each rotation runs in a thread of its own; start and reattempt need the state's lock."""

    def __init__(self, state: ServiceState) -> None:
        self._state = state
        self._threads: list[threading.Thread] = []

    def start(self, secret: Secret, rotation: Rotation) -> None:
        """Make the AWSPENDING version, valueless (fact 1) or a copy (fact 4), and begin.

        An earlier rotation that has not ended, whose AWSPENDING was beside AWSCURRENT or taken
        off, ends here: the label tells the service of one at a time (fact 5).
        """
        self._state.abandon(secret)
        copied = None
        if rotation.kind == "test" and (current := secret.versions.holder(CURRENT)):
            version = secret.versions.get(current)
            copied = version.value if version else None
        secret.versions.put(rotation.version_id, copied, [PENDING], self._state.clock.now())
        secret.incomplete = rotation
        self._launch(secret, rotation)

    def reattempt(self, secret: Secret) -> bool:
        """Whether AWSPENDING is not beside AWSCURRENT; its rotation is then run again (facts 3, 5).

        Nothing is run while rotation is off, as after CancelRotateSecret (fact 7); a secret that
        has no value at all is then free to be rotated.
        """
        pending, current = secret.versions.holder(PENDING), secret.versions.holder(CURRENT)
        if pending is None or pending == current:
            return False
        if not secret.rotation.enabled:
            return current is not None
        rotation = secret.incomplete
        if rotation is None or rotation.version_id != pending:
            # AWSPENDING was put there by hand.
            self._state.abandon(secret)
            rotation = secret.incomplete = Rotation(pending, "rotation")
        if rotation.kind == "rotation" and not rotation.running:
            self._launch(secret, rotation)
        elif rotation.kind == "rotation":
            rotation.again = True
            rotation.wake.set()
        return True

    def close(self, timeout: float = 10) -> None:
        """Let no further step begin, and wait for the running ones, `timeout` seconds each."""
        with self._state.hold_lock():
            for secret in self._state.secrets():
                if secret.incomplete is not None:
                    secret.incomplete.stop("closed")
            threads = tuple(self._threads)
        for thread in threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(timeout)

    def _launch(self, secret: Secret, rotation: Rotation) -> None:
        rotation.running = True
        self._publish(secret, rotation, "Started")
        thread = threading.Thread(
            target=self._run,
            args=(secret, rotation),
            name=f"rotation of {secret.name}",
            daemon=True,  # a function that never returns must not keep the process
        )
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        self._state.later(thread.start)

    def _run(self, secret: Secret, rotation: Rotation) -> None:
        steps: tuple[Step, ...] = ()
        number, more = 0, True
        while more:
            number += 1
            result, taken = attempt(self._state, secret, rotation, number)
            steps += taken
            if result == "failed":
                self._pause(secret, rotation, number, steps[-1])
            with self._state.hold_lock():
                more = result == "failed" and self._tries_again(secret, rotation, number)
                if not more:
                    self._end(secret, rotation, result, (number, steps))

    def _pause(self, secret: Secret, rotation: Rotation, attempt: int, failed: Step) -> None:
        """Tell the failure; wait before the next attempt, unless it is asked for now (fact 5)."""
        if rotation.stopped is None:
            with self._state.hold_lock():
                self._publish(secret, rotation, "Failed", failed)
        if rotation.kind == "rotation" and attempt <= self._state.settings.retries:
            rotation.wake.wait(self._state.settings.retry_delay)

    def _tries_again(self, secret: Secret, rotation: Rotation, attempt: int) -> bool:
        """Whether a failed attempt is followed by another (fact 3).

        Also after its finishSecret has moved AWSCURRENT, and taken AWSPENDING off or not (fact 11).
        """
        wanted = rotation.again or attempt <= self._state.settings.retries
        rotation.again = False
        rotation.wake.clear()
        labelled = {PENDING, CURRENT} & set(secret.versions.labels(rotation.version_id))
        return (
            rotation.kind == "rotation" and rotation.stopped is None and wanted and bool(labelled)
        )

    def _end(
        self,
        secret: Secret,
        rotation: Rotation,
        result: Result,
        history: tuple[int, tuple[Step, ...]],
    ) -> None:
        rotation.running = False
        if rotation.kind == "test":
            ending.remove_test_version(secret, rotation, self._state.clock.now())
        if rotation.stopped == "closed" and result != "succeeded":
            return
        state = ending.state_of(rotation, result)
        if secret.incomplete is rotation and (state == "succeeded" or rotation.kind == "test"):
            secret.incomplete = None
        if state == "succeeded":
            self._record_success(secret, rotation)
        outcome = RotationOutcome(
            secret.arn, secret.name, rotation.version_id, rotation.kind, state, *history
        )
        self._state.later(lambda: self._state.journal.publish(outcome))

    def _record_success(self, secret: Secret, rotation: Rotation) -> None:
        if rotation.kind == "rotation":
            ending.take_pending_off(self._state, secret, rotation)
            secret.rotation.rotated(self._state.clock.now())
            self._state.replanned.set()
        self._publish(secret, rotation, "Succeeded")

    def _publish(
        self, secret: Secret, rotation: Rotation, what: str, failed: Step | None = None
    ) -> None:
        """Fact 24: tell it once the lock is free."""
        test = "Test" if rotation.kind == "test" else ""
        event = ServiceEvent(
            cast("EventName", f"{test}Rotation{what}"),
            secret.arn,
            rotation.version_id,
            self._state.clock.now(),
            failed.name if failed else None,
            failed.error_message if failed else None,
        )
        self._state.later(lambda: self._state.journal.publish(event))
