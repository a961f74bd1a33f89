"""One attempt of a rotation: its steps in order, ending at the first that fails (rules 2-4)."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from local.functions.home import FunctionError, Home
from local.secrets_manager.journal import Step
from local.secrets_manager.secret import Rotation, Secret
from local.secrets_manager.state import ServiceState
from local.secrets_manager.versions import CURRENT

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
TEST_STEPS = ("testSecret",)

Result = Literal["succeeded", "failed", "stopped"]


class Attempt:
    """The attempt with this number; `steps` grows as its steps end."""

    def __init__(
        self, state: ServiceState, secret: Secret, rotation: Rotation, number: int
    ) -> None:
        self._state = state
        self._secret = secret
        self._rotation = rotation
        self._number = number
        self.steps: list[Step] = []

    def run(self) -> Result:
        """Run the steps; `stopped` if the rotation was stopped before its last step began."""
        for step in self._begin_each():
            ended = self._invoke(step)
            self.steps.append(ended)
            self._state.journal.publish(ended)
            if ended.outcome == "failed":
                return "failed"
        return "stopped" if len(self.steps) < len(self._names) else "succeeded"

    @property
    def _names(self) -> tuple[str, ...]:
        return STEPS if self._rotation.kind == "rotation" else TEST_STEPS

    def _begin_each(self) -> Iterator[Step]:
        for name in self._names:
            if self.steps:
                self._rotation.wake.wait(self._state.settings.step_pause)
            if self._rotation.stopped is not None:
                return
            version_id = self._rotation.version_id
            step = Step(self._secret.arn, version_id, self._number, name, time.time())
            self._state.journal.publish(step)
            yield step

    def _invoke(self, step: Step) -> Step:
        """One invocation, with exactly the event of rule 2."""
        event = {
            "Step": step.name,
            "SecretId": self._secret.arn,
            "ClientRequestToken": self._rotation.version_id,
            "RotationToken": self._rotation.token,
        }
        ended = invoked(self._state.home, str(self._secret.rotation.function), step, event)
        if ended.outcome == "failed" or step.name != STEPS[-1]:
            return ended
        with self._state.locked():
            if self._secret.store.holder(CURRENT) == self._rotation.version_id:
                return ended
        why = f"finishSecret returned, but version {step.version_id} is not AWSCURRENT"
        return _failed(ended, "RotationNotFinished", why)


def invoked(home: Home, function: str, step: Step, event: Mapping[str, object]) -> Step:
    """The step as it ended, by the function in its home, which is given exactly this event."""
    began = time.perf_counter()
    ended = replace(step, outcome="succeeded")
    try:
        home.invoke(function, event)
    except FunctionError as failure:
        ended = _failed(step, failure.type, failure.message)
    except Exception as failure:  # noqa: BLE001 a home that breaks is a function that fails
        ended = _failed(step, type(failure).__name__, str(failure))
    return replace(ended, duration=time.perf_counter() - began)


def _failed(step: Step, error_type: str, message: str) -> Step:
    return replace(step, outcome="failed", error_type=error_type, error_message=message)
