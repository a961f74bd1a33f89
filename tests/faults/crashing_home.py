"""A home whose functions are killed where a test plans it, under the service's own orchestrator."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.functions.home import FunctionError
from local.targets import Target
from shared.protocol.event import Step
from tests.faults.sandboxes import Point, Sandboxes, Taken


@dataclass
class Life:
    """A secret's function: where it is to be killed, in order, and what its steps did.

    look: asked right after it was killed; what it says is wrong.
    """

    target: Target
    look: Callable[[], str]
    plan: "deque[tuple[Step, Point]]" = field(default_factory=deque)
    taken: list[tuple[Step, Taken]] = field(default_factory=list)
    deaths: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def step(self, boxes: Sandboxes, event: Mapping[str, object]) -> Taken:
        """Take one, and die in it if that is planned next."""
        step = Step(str(event["Step"]))
        due = self.plan and self.plan[0][0] is step
        point = self.plan.popleft()[1] if due else None
        taken = boxes.take(self.target, event, point)
        self.taken.append((step, taken))
        if taken.killed:
            self.deaths.append(f"{step.value} {point}")
            if problem := self.look():
                self.wrong.append(f"{problem}, killed in {step.value} {point}")
        return taken


class Mortal:
    """The home; `lives` are by the secret's ARN."""

    def __init__(self, boxes: Sandboxes) -> None:
        self.boxes = boxes
        self.lives: dict[str, Life] = {}

    def invoke(self, _function: str, event: Mapping[str, object], /) -> None:
        taken = self.lives[str(event["SecretId"])].step(self.boxes, event)
        if taken.killed:
            raise FunctionError("Runtime.ExitError", "signal: killed")
        if taken.error:
            raise FunctionError(taken.error["type"], taken.error["text"])
