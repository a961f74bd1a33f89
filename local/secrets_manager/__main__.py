"""The service alone, for the AWS CLI or any SDK: `python -m local.secrets_manager`."""

import enum
import os
import shlex
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from local.functions import ARN_PREFIX, InProcess
from local.secrets_manager.journal import Occurrence, RotationOutcome, Step
from local.secrets_manager.service import SecretsManager
from local.template import functions

LOGS = Path(__file__).resolve().parents[2] / ".cache" / "functions"


class Where(enum.StrEnum):
    """Where the rotation functions run."""

    IN_PROCESS = "in-process"
    EMULATOR = "emulator"


class Pending(enum.StrEnum):
    """What AWSPENDING does after finishSecret."""

    KEEPS = "keeps"
    REMOVES = "removes"


def main(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 for a free one.")] = 0,
    retries: Annotated[int, typer.Option(min=0, help="Attempts after a failed one.")] = 2,
    retry_delay: Annotated[float, typer.Option(min=0, help="Seconds between attempts.")] = 0.2,
    pending_after_finish: Annotated[
        Pending, typer.Option(help="Whether AWSPENDING stays on the new current version.")
    ] = Pending.REMOVES,
    home: Annotated[Where, typer.Option(help="Where the functions run.")] = Where.IN_PROCESS,
) -> None:
    """A local AWS Secrets Manager with rotation, until Ctrl-C."""
    stopped = _stopped_by_signals()
    service = SecretsManager(
        port=port,
        retries=retries,
        retry_delay=retry_delay,
        pending_after_finish=pending_after_finish.value,
    )
    with service, _functions(service, home):
        service.subscribe(_tell)
        _explain(service)
        stopped.wait()


@contextmanager
def _functions(service: SecretsManager, where: Where) -> Iterator[None]:
    """Give the service its home, which has to know the endpoint; end it afterwards."""
    if where is Where.IN_PROCESS:
        # In this process the functions' clients read this process's variables.
        os.environ.update(service.environment)
        # By path, imported when first invoked: one function's driver is no other's need.
        service.home = InProcess({name: each.handler for name, each in functions().items()})
        yield
        return
    # Only here: it builds the functions, and needs what building needs.
    from local.emulator import Emulator, built_functions  # noqa: PLC0415

    with Emulator(built_functions(), logs=LOGS, environment=service.environment) as emulator:
        service.home = emulator
        yield


def _stopped_by_signals() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set, so that either ends the service in order."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped


def _explain(service: SecretsManager) -> None:
    print(f"Secrets Manager at {service.endpoint}; Ctrl-C ends it and forgets every secret.")
    print("In another shell:\n")
    for name, value in service.environment.items():
        print(f"  export {name}={shlex.quote(value)}")
    print("\nRotation functions:\n")
    for name in functions():
        print(f"  {ARN_PREFIX}{name}")
    print(flush=True)


def _tell(occurrence: Occurrence) -> None:
    """One line for each step that ended and each rotation; never a value."""
    if isinstance(occurrence, Step) and occurrence.outcome != "running":
        why = f": {occurrence.error_message}" if occurrence.error_message else ""
        took = f"{occurrence.duration * 1000:.0f} ms"
        print(f"{occurrence.name} {occurrence.outcome} in {took}{why}", flush=True)
    elif isinstance(occurrence, RotationOutcome):
        name, state = occurrence.secret_name, occurrence.state
        print(f"{occurrence.kind} of {name} {state}, version {occurrence.version_id}", flush=True)


if __name__ == "__main__":
    typer.run(main)
