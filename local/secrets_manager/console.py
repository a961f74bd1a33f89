"""What a program that runs the service says."""

from local.secrets_manager.journal import Occurrence, RotationOutcome, Step


def tell(occurrence: Occurrence) -> None:
    """One line for each step that ended and each rotation; never a value."""
    if isinstance(occurrence, Step) and occurrence.outcome != "running":
        why = f": {occurrence.error_message}" if occurrence.error_message else ""
        took = f"{occurrence.duration * 1000:.0f} ms"
        print(f"{occurrence.name} {occurrence.outcome} in {took}{why}", flush=True)
    elif isinstance(occurrence, RotationOutcome):
        name, state = occurrence.secret_name, occurrence.state
        print(f"{occurrence.kind} of {name} {state}, version {occurrence.version_id}", flush=True)
