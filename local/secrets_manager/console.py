"""What a program that runs the service says, and what ends it."""

import signal
import threading
from types import FrameType

from local.secrets_manager.journal import Occurrence, RotationOutcome, Step


def stopped_by_signals() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set, so that either ends the service in order."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped


def wait(stopped: threading.Event) -> None:
    """Wait until it is set: in pieces, as Python misses a signal that comes as a wait begins."""
    while not stopped.wait(0.5):
        pass


def tell(occurrence: Occurrence) -> None:
    """One line for each step that ended and each rotation; never a value."""
    if isinstance(occurrence, Step) and occurrence.outcome != "running":
        why = f": {occurrence.error_message}" if occurrence.error_message else ""
        took = f"{occurrence.duration * 1000:.0f} ms"
        print(f"{occurrence.name} {occurrence.outcome} in {took}{why}", flush=True)
    elif isinstance(occurrence, RotationOutcome):
        name, state = occurrence.secret_name, occurrence.state
        print(f"{occurrence.kind} of {name} {state}, version {occurrence.version_id}", flush=True)
