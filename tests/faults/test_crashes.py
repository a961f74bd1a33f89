"""The function's process is killed at every call; the next attempt, or rotation, mends it all.

The calls are found by recording a rotation, so that a new one is covered by itself. What is killed
is a process with sockets of its own, by SIGKILL; who goes on is the local service's orchestrator.
"""

import pytest

from shared.protocol.event import Step
from tests.faults.cases import CASES, Case
from tests.faults.patients import Death, Hospital, Patient
from tests.faults.sample import Sample
from tests.fixtures.evidence import Evidence

# Of each case and way to go on, where not everything is tried: a rotation takes half a second.
AT_MOST = 2


@pytest.mark.parametrize("case", CASES, ids=str)
def test_killed_at_every_call(
    case: Case, hospital: Hospital, sample: Sample, evidence: Evidence
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
    # Or it would not, after a crash right behind the move of AWSCURRENT (fact 11).
    patient.settings.pending_after_finish = "keeps"
    patient.settings.retries = len(deaths)
    patient.ready()
    before = patient.secret.holder("AWSCURRENT")
    assert patient.rotate(*deaths) == "succeeded", deaths
    patient.check(before, len(deaths))
    return patient.calls(since_death=True)


def abandoned(patient: Patient, death: Death) -> None:
    """A person cancels it, takes AWSPENDING off, and begins another rotation (fact 7)."""
    patient.settings.pending_after_finish = "removes"
    patient.settings.retries = 0
    patient.ready()
    assert patient.rotate(death) == "failed", death
    patient.secret.abandon({"ClientRequestToken": patient.given_up[-1]})
    before = patient.secret.holder("AWSCURRENT")
    assert patient.rotate() == "succeeded", death
    patient.check(before, 1)
