"""The function's process is killed at every call; the next attempt, or rotation, mends it all.

The calls are found by recording a rotation, so that a new one is covered by itself. What is killed
is a process with sockets of its own, by SIGKILL; who goes on is the local service's orchestrator.
"""

from collections import deque
from collections.abc import Callable

import pytest

from shared.event import Step
from tests.faults.cases import CASES, Case
from tests.faults.mortal import Life, Mortal
from tests.faults.sample import Sample
from tests.faults.sandboxes import Point
from tests.faults.state import settled, way_in
from tests.fixtures_evidence import Evidence
from tests.lab import Lab, Secret

Death = tuple[Step, Point]

# Of each case and way to go on, where not everything is tried: a rotation takes half a second.
AT_MOST = 6


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


@pytest.fixture
def hospital(lab: Lab, mortal: Mortal, request: pytest.FixtureRequest) -> Callable[[Case], Patient]:
    return lambda case: Patient(case, lab, mortal, request)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_killed_at_every_call(
    case: Case, hospital: Callable[[Case], Patient], sample: Sample, evidence: Evidence
) -> None:
    patient = hospital(case)
    patient.ready()
    assert patient.rotate() == "succeeded"
    points = patient.calls()
    assert {step for step, _ in points} == set(Step)
    once, anew = sample(points, AT_MOST), sample(points, AT_MOST)
    twice = [(death, *sample.one(retried(patient, death))) for death in once]
    twice = sample(twice, AT_MOST // 2)
    for deaths in twice:
        retried(patient, *deaths)
    for death in anew:
        abandoned(patient, death)
    evidence(
        "crashes",
        str(case),
        calls=len(points) // 2,
        killed_and_retried=len(once),
        killed_twice=len(twice),
        killed_and_abandoned=len(anew),
    )


def retried(patient: Patient, *deaths: Death) -> list[Death]:
    """The service tries the rotation again, with the same token; the calls that this makes."""
    # Or it would not, after a crash right behind the move of AWSCURRENT (rule 11).
    patient.settings.pending_after_finish = "keeps"
    patient.settings.retries = len(deaths)
    patient.ready()
    before = patient.secret.holder("AWSCURRENT")
    assert patient.rotate(*deaths) == "succeeded", deaths
    patient.check(before, len(deaths))
    return patient.calls(since_death=True)


def abandoned(patient: Patient, death: Death) -> None:
    """A person cancels it, takes AWSPENDING off, and begins another rotation (rule 7)."""
    patient.settings.pending_after_finish = "removes"
    patient.settings.retries = 0
    patient.ready()
    assert patient.rotate(death) == "failed", death
    patient.secret.abandon({"ClientRequestToken": patient.given_up[-1]})
    before = patient.secret.holder("AWSCURRENT")
    assert patient.rotate() == "succeeded", death
    patient.check(before, 1)
