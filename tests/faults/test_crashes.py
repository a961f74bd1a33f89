"""The function's process is killed at every call; the next attempt, or rotation, mends it all.

The calls are found by recording a rotation, so that a new one is covered by itself. What is killed
is a process with sockets of its own, by SIGKILL; who goes on is the local service's orchestrator.
"""

import random
from collections import deque

import pytest

from shared.event import Step
from tests.faults.cases import CASES, Case
from tests.faults.mortal import Life, Mortal
from tests.faults.sandboxes import Point
from tests.faults.state import settled, way_in
from tests.fixtures_evidence import Evidence
from tests.lab import Lab, Secret

Death = tuple[Step, Point]


class Patient:
    """A secret of the case; a new user for each rotation where it has to be its first."""

    def __init__(
        self, case: Case, lab: Lab, mortal: Mortal, request: pytest.FixtureRequest
    ) -> None:
        self.case = case
        self._lab, self._mortal, self._request = lab, mortal, request
        self.settings = lab.service.settings
        self._secret: Secret | None = None
        self.given_up: list[str] = []

    @property
    def life(self) -> Life:
        return self._mortal.lives[self.secret.arn]

    @property
    def secret(self) -> Secret:
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

    def rotate(self, *plan: Death) -> str:
        """A rotation with these deaths in it; its state."""
        self.life.plan = deque(plan)
        self.life.taken.clear()
        outcome = self.secret.rotate()
        self.given_up.append(outcome.version_id)
        return outcome.state

    def calls(self) -> list[Death]:
        return [(step, point) for step, taken in self.life.taken for point in taken.points()]

    def check(self, previous: str | None, deaths: int) -> None:
        """It died as planned, and everything is as after any rotation."""
        assert len(self.life.deaths) == deaths, "it did not come to the call"
        self.life.deaths.clear()
        current = self.given_up[-1]
        settled(self.secret, current, previous, self.given_up)
        assert self.life.wrong == []
        self.given_up = [current]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_killed_at_every_call(
    case: Case, lab: Lab, mortal: Mortal, request: pytest.FixtureRequest, evidence: Evidence
) -> None:
    patient = Patient(case, lab, mortal, request)
    patient.ready()
    assert patient.rotate() == "succeeded"
    points = patient.calls()
    assert {step for step, _ in points} == set(Step)
    again = retried(patient, points)
    anew = abandoned(patient, points)
    evidence("crashes", str(case), calls=len(points) // 2, retried=again, abandoned=anew)


def retried(patient: Patient, points: list[Death]) -> int:
    """The service tries the rotation again, with the same token."""
    # Or it would not, after a crash right behind the move of AWSCURRENT (rule 11).
    patient.settings.pending_after_finish = "keeps"
    patient.settings.retries = 2
    for death in points:
        patient.ready()
        before = patient.secret.holder("AWSCURRENT")
        assert patient.rotate(death) == "succeeded", death
        patient.check(before, 1)
    return len(points)


def abandoned(patient: Patient, points: list[Death]) -> int:
    """A person cancels it, takes AWSPENDING off, and begins another rotation (rule 7)."""
    patient.settings.pending_after_finish = "removes"
    patient.settings.retries = 0
    for death in points:
        patient.ready()
        assert patient.rotate(death) == "failed", death
        patient.secret.abandon({"ClientRequestToken": patient.given_up[-1]})
        before = patient.secret.holder("AWSCURRENT")
        assert patient.rotate() == "succeeded", death
        patient.check(before, 1)
    return len(points)
