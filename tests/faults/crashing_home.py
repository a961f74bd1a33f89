"""A home that kills functions at the calls a test plans; the service's orchestrator runs them."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from local.functions.home import FunctionError
from local.targets import Target
from shared.protocol.event import Step
from tests.faults.sandboxes import CallPoint, Sandboxes, StepResult


class KillPoint(NamedTuple):
    """A side of a call of a step; clones_turn: of a rotation that began with the clone in use."""

    step: Step
    at: CallPoint
    clones_turn: bool


@dataclass
class CrashingFunction:
    """One secret's function: where it is to be killed, in order, and how its steps ended.

    find_problem: called right after a kill; returns what is wrong then, or an empty text.
    kills: the step and call of each kill that happened.
    problems: what `find_problem` returned.
    """

    target: Target
    find_problem: Callable[[], str]
    planned: "deque[KillPoint]" = field(default_factory=deque)
    results: list[tuple[Step, StepResult]] = field(default_factory=list)
    kills: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def run_step(self, boxes: Sandboxes, event: Mapping[str, object]) -> StepResult:
        """Run the event's step, and kill it if the next planned point is in that step."""
        step = Step(str(event["Step"]))
        is_planned = self.planned and self.planned[0].step is step
        point = self.planned.popleft().at if is_planned else None
        result = boxes.run_step(self.target, event, point)
        self.results.append((step, result))
        if result.killed:
            self.kills.append(f"{step.value} {point}")
            if problem := self.find_problem():
                self.problems.append(f"{problem}, killed in {step.value} {point}")
        return result


class CrashingHome:
    """The home; `functions` are by the secret's ARN."""

    def __init__(self, boxes: Sandboxes) -> None:
        self.boxes = boxes
        self.functions: dict[str, CrashingFunction] = {}

    def invoke(self, _function: str, event: Mapping[str, object], /) -> None:
        result = self.functions[str(event["SecretId"])].run_step(self.boxes, event)
        if result.killed:
            raise FunctionError("Runtime.ExitError", "signal: killed")
        if result.error:
            raise FunctionError(result.error["type"], result.error["text"])
