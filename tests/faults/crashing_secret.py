"""A secret that lives through crashes, and what it has to be like after each."""

from collections import deque
from collections.abc import Callable

import pytest

from shared.protocol.event import Step
from tests.faults.cases import Case
from tests.faults.crashing_home import Life, Mortal
from tests.faults.sandboxes import Point, Sandboxes
from tests.faults.state import settled, way_in
from tests.lab import Lab, LabSecret

Death = tuple[Step, Point]


class Patient:
    """A secret of the case; a new user for each rotation where it has to be its first."""

    def __init__(
        self, case: Case, lab: Lab, mortal: Mortal, request: pytest.FixtureRequest
    ) -> None:
        self.case = case
        self._lab, self._mortal, self._request = lab, mortal, request
        self.settings = lab.service.settings
        self.boxes: Sandboxes = mortal.boxes
        self._secret: LabSecret | None = None
        self.given_up: list[str] = []

    @property
    def life(self) -> Life:
        return self._mortal.lives[self.secret.arn]

    @property
    def secret(self) -> LabSecret:
        assert self._secret is not None
        return self._secret

    def ready(self) -> None:
        """A secret that can be rotated, whose AWSPREVIOUS is of a rotation where there is one."""
        if self._secret is not None and not self.case.first:
            return
        target = self.case.make(self._request)
        self._secret = secret = self._lab.secret(target)
        self._mortal.lives[secret.arn] = Life(target, lambda: way_in(secret, self.case))
        if not self.case.first:
            for _ in range(2):
                assert secret.rotate().state == "succeeded"

    def begin_anew(self) -> None:
        """Another secret, for another user."""
        self._secret, self.given_up = None, []
        self.ready()

    def rotate(self, *plan: Death) -> str:
        """A rotation with these deaths in it; its state."""
        self.life.plan = deque(plan)
        self.life.taken.clear()
        outcome = self.secret.rotate()
        self.given_up.append(outcome.version_id)
        return outcome.state

    def calls(self, *, since_death: bool = False) -> list[Death]:
        """Both sides of every call of the last rotation, or of what came after it was killed."""
        steps = self.life.taken
        killed = [number for number, (_, taken) in enumerate(steps) if taken.killed]
        steps = steps[killed[-1] + 1 :] if since_death else steps
        return [(step, point) for step, taken in steps for point in taken.points()]

    def check(self, previous: str | None, deaths: int) -> None:
        """It died as planned, and everything is as after any rotation."""
        assert len(self.life.deaths) == deaths, "it did not come to the call"
        self.life.deaths.clear()
        current = self.given_up[-1]
        settled(self.secret, current, previous, self.given_up)
        assert self.life.wrong == []
        self.given_up = [current]


Hospital = Callable[[Case], Patient]
