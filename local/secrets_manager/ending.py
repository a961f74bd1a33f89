"""How a rotation has ended, and what becomes of its version's labels then (facts 4 and 11)."""

from local.secrets_manager.attempt import Result
from local.secrets_manager.journal import State
from local.secrets_manager.rotation import Rotation
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import ServiceState
from local.secrets_manager.versions import PENDING


def state_of(rotation: Rotation, result: Result) -> State:
    """A finished rotation has succeeded even if it was cancelled as it finished."""
    if rotation.stopped == "abandoned":
        return "abandoned"
    if result == "succeeded":
        return "succeeded"
    return "cancelled" if rotation.stopped == "cancelled" else "failed"


def take_pending_off(state: ServiceState, secret: Secret, rotation: Rotation) -> None:
    """The service's last act in a rotation that succeeded (fact 11).

    Does nothing where the function did it, or the label is on another version by now.
    """
    if secret.versions.holder(PENDING) == rotation.version_id:
        with state.changing(secret):
            secret.versions.take_off(PENDING, state.clock.now())


def remove_test_version(secret: Secret, rotation: Rotation, now: float) -> None:
    """Fact 4: the temporary version goes, unless someone gave it another label meanwhile."""
    if secret.versions.labels(rotation.version_id) in ([PENDING], []):
        secret.versions.remove(rotation.version_id)
    elif secret.versions.holder(PENDING) == rotation.version_id:
        secret.versions.take_off(PENDING, now)
