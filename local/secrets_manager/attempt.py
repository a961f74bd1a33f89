"""One attempt of a rotation: its steps in order, ending at the first that fails (facts 2-4)."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from local.functions.home import FunctionError, Home
from local.secrets_manager.journal import Step
from local.secrets_manager.rotation import Rotation
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import ServiceState
from local.secrets_manager.versions import CURRENT

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
TEST_STEPS = ("testSecret",)

Result = Literal["succeeded", "failed", "stopped"]


def attempt(
    state: ServiceState, secret: Secret, rotation: Rotation, number: int
) -> tuple[Result, tuple[Step, ...]]:
    """How the attempt with this number went, and its steps, each published as it begins and ends.

    `stopped` if the rotation was stopped before its last step began.
    """
    steps: list[Step] = []
    for name in STEPS if rotation.kind == "rotation" else TEST_STEPS:
        if steps:
            rotation.wake.wait(state.settings.step_pause)
        if rotation.stopped is not None:
            return "stopped", tuple(steps)
        step = Step(secret.arn, rotation.version_id, number, name, time.time())
        state.journal.publish(step)
        ended = _run_step(state, secret, rotation, step)
        state.journal.publish(ended)
        steps.append(ended)
        if ended.outcome == "failed":
            return "failed", tuple(steps)
    return "succeeded", tuple(steps)


def _run_step(state: ServiceState, secret: Secret, rotation: Rotation, step: Step) -> Step:
    """The step after one invocation, with exactly the event of fact 2."""
    event = {
        "Step": step.name,
        "SecretId": secret.arn,
        "ClientRequestToken": rotation.version_id,
        "RotationToken": rotation.token,
    }
    ended = invoke(state.home, str(secret.rotation.function), step, event)
    if ended.outcome == "failed" or step.name != STEPS[-1]:
        return ended
    with state.hold_lock():
        if secret.versions.holder(CURRENT) == rotation.version_id:
            return ended
    why = f"finishSecret returned, but version {step.version_id} is not AWSCURRENT"
    return _failed_step(ended, "RotationNotFinished", why)


def invoke(home: Home, function: str, step: Step, event: Mapping[str, object]) -> Step:
    """The step as it ended, by the function in its home, which is given exactly this event."""
    began = time.perf_counter()
    ended = replace(step, outcome="succeeded")
    try:
        home.invoke(function, event)
    except FunctionError as failure:
        ended = _failed_step(step, failure.type, failure.message)
    except Exception as failure:  # noqa: BLE001 a home that breaks is a function that fails
        ended = _failed_step(step, type(failure).__name__, str(failure))
    return replace(ended, duration=time.perf_counter() - began)


def _failed_step(step: Step, error_type: str, message: str) -> Step:
    return replace(step, outcome="failed", error_type=error_type, error_message=message)
