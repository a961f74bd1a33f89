"""A secret whose function is killed during rotations, and the checks after each of them."""

from collections import deque
from collections.abc import Callable

import pytest

from shared.credentials import CLONE
from tests.faults.cases import RotationCase
from tests.faults.crashing_home import CrashingFunction, CrashingHome, KillPoint
from tests.faults.sandboxes import Sandboxes
from tests.faults.state import assert_rotation_finished, lockout_problem
from tests.lab import Lab, LabSecret


class CrashingSecret:
    """A secret of the case; a case that is `first` gets a new user for each rotation.

    since_finished: the versions that rotations made since one finished last, that one included.
    """

    def __init__(
        self, case: RotationCase, lab: Lab, home: CrashingHome, request: pytest.FixtureRequest
    ) -> None:
        self.case = case
        self._lab, self._home, self._request = lab, home, request
        self.settings = lab.service.settings
        self.boxes: Sandboxes = home.boxes
        self._secret: LabSecret | None = None
        self.since_finished: list[str] = []
        self._clones_turn = False

    @property
    def function(self) -> CrashingFunction:
        return self._home.functions[self.secret.arn]

    @property
    def secret(self) -> LabSecret:
        assert self._secret is not None
        return self._secret

    @property
    def is_clones_turn(self) -> bool:
        """Whether the user in use is a clone: a rotation makes other calls then."""
        return str(self.secret.value().get("username")).endswith(CLONE)

    def prepare(self, *, clones_turn: bool | None = None) -> None:
        """Make a secret that can be rotated, with two rotations behind it unless it is `first`.

        clones_turn: whether its clone is to be in use; by default, whichever is.
        """
        if self._secret is None or self.case.first:
            self._make()
        elif clones_turn not in (None, self.is_clones_turn):
            assert self.rotate() == "succeeded"
            self.since_finished = self.since_finished[-1:]

    def _make(self) -> None:
        target = self.case.make(self._request)
        self._secret = secret = self._lab.secret(target)
        self._home.functions[secret.arn] = CrashingFunction(
            target, lambda: lockout_problem(secret, self.case)
        )
        if not self.case.first:
            for _ in range(2):
                assert secret.rotate().state == "succeeded"

    def replace_secret(self) -> None:
        """Make another secret, for another user."""
        self._secret, self.since_finished = None, []
        self.prepare()

    def rotate(self, *kill_points: KillPoint) -> str:
        """Rotate, killed at these points; returns the rotation's state."""
        self.function.planned = deque(kill_points)
        self.function.results.clear()
        self._clones_turn = self.is_clones_turn
        outcome = self.secret.rotate()
        self.since_finished.append(outcome.version_id)
        return outcome.state

    def record(self) -> list[KillPoint]:
        """Both sides of every call of a rotation, of each user's where two take turns."""
        self.prepare()
        assert self.rotate() == "succeeded"
        points = self.kill_points()
        if self.is_clones_turn and not self.case.first:
            assert self.rotate() == "succeeded"
            points += self.kill_points()
        return points

    def kill_points(self, *, after_last_kill: bool = False) -> list[KillPoint]:
        """Both sides of every call of the last rotation, or of its steps after the last kill."""
        results = self.function.results
        killed = [number for number, (_, result) in enumerate(results) if result.killed]
        results = results[killed[-1] + 1 :] if after_last_kill and killed else results
        return [
            KillPoint(step, point, self._clones_turn)
            for step, result in results
            for point in result.points()
        ]

    def assert_recovered(self, previous: str | None, kills: int) -> None:
        """Assert that so many kills happened, none locked out, and the rotation finished."""
        assert len(self.function.kills) == kills or self.case.late, "a planned call was not made"
        self.function.kills.clear()
        current = self.since_finished[-1]
        assert_rotation_finished(self.secret, current, previous, self.since_finished)
        assert self.function.problems == []
        self.since_finished = [current]


MakeCrashingSecret = Callable[[RotationCase], CrashingSecret]
