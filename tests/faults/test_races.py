"""Copies of a step at once, and late ones: Lambda delivers at least once, and slows at will."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.protocol.event import Step
from tests.faults.cases import CASES, Case
from tests.faults.crashing_secret import Hospital, Patient
from tests.faults.sample import Sample
from tests.faults.sandboxes import Running, Taken
from tests.faults.state import settled, way_in
from tests.fixtures.evidence import Evidence
from tests.lab import Event

Errors = Counter[str]


def begin(patient: Patient, event: Event, step: Step) -> Running:
    return patient.boxes.begin(patient.secret.target, {**event, "Step": step.value})


def take(patient: Patient, event: Event, step: Step) -> Taken:
    return begin(patient, event, step).result()


def told(*taken: Taken) -> list[str]:
    """What would make an operator look."""
    return [str(each.error["type"]) for each in taken if each.error]


def start(patient: Patient) -> tuple[Event, str | None]:
    patient.ready()
    return patient.secret.begin(), patient.secret.holder("AWSCURRENT")


def ended(patient: Patient, event: Event, previous: str | None) -> None:
    """A retry makes good whatever the copies left; then all is as after any rotation.

    Or a new rotation does, where copies can undo each other's key: that was found then, by probing.
    """
    if patient.case.replaces:
        patient.secret.abandon(event)
        event, previous = start(patient)
    for step in Step:
        assert told(take(patient, event, step)) == []
    if patient.case.replaces:  # and the one before may be the one that was undone
        assert patient.secret.target.accepts(patient.secret.version(event["ClientRequestToken"]))
    else:
        settled(patient.secret, event["ClientRequestToken"], previous, [])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_copies_at_once(
    case: Case, hospital: Hospital, evidence: Evidence, *, thorough: bool
) -> None:
    patient = hospital(case)
    counts: Counter[str] = Counter()
    errors: Errors = Counter()
    for copies in (2, 5) * (10 if thorough else 1):
        event, previous = start(patient)
        seen = []
        for step in Step:
            running = [begin(patient, event, step) for _ in range(copies)]
            seen += told(*(each.result() for each in running))
            assert case.replaces or way_in(patient.secret, case) == ""
        counts["runs"] += 1
        counts["quiet"] += not seen
        errors.update(seen)
        ended(patient, event, previous)
    for _ in range(10 if thorough else 1):
        event, previous = start(patient)
        seen = whole_rotations(patient, event)
        counts["runs"] += 1
        counts["quiet"] += not seen
        errors.update(seen)
        ended(patient, event, previous)
    # Of few runs, one that had to be tried again is more than a twentieth of them.
    assert case.replaces or counts["quiet"] >= 0.95 * counts["runs"] - 1, errors
    shown = ", ".join(f"{kind} {number}" for kind, number in sorted(errors.items()))
    evidence(
        "races", str(case), runs=counts["runs"], without_an_error=counts["quiet"], errors=shown
    )


def whole_rotations(patient: Patient, event: Event) -> list[str]:
    """Two of them with one token, neither of which waits for the other; stops as the service."""

    def rotation() -> list[str]:
        for step in Step:
            if failed := told(take(patient, event, step)):
                return failed
        return []

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(rotation) for _ in range(2)]
        return [kind for each in both for kind in each.result()]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_copy_that_wakes_up_when_all_is_over(
    case: Case, hospital: Hospital, sample: Sample, evidence: Evidence
) -> None:
    patient = hospital(case)
    event, _ = start(patient)
    found = [(step, point) for step in Step for point in take(patient, event, step).points()]
    errors: Errors = Counter()
    chosen = sample([(step, point) for step, point in found if not point.after], 1)
    assert chosen
    for step, point in chosen:
        event, previous = start(patient)
        for before in list(Step)[: list(Step).index(step)]:
            assert told(take(patient, event, before)) == []
        slow = patient.boxes.stop(patient.secret.target, {**event, "Step": step.value}, point)
        rest = list(Step)[list(Step).index(step) :]
        # It may hold the target's lock: then the second copy gives up, and the service tries again.
        held = told(*(take(patient, event, each) for each in rest))
        slow.go_on()
        late = told(slow.result())
        assert case.replaces or way_in(patient.secret, case) == "", (step, point)
        errors.update(f"{kind} of the second" for kind in held[:1])
        errors.update(f"{kind} of the late one" for kind in late)
        ended(patient, event, previous)
    shown = ", ".join(f"{kind} {number}" for kind, number in sorted(errors.items()))
    evidence("late-copies", str(case), stopped=len(chosen), errors=shown)


@pytest.mark.parametrize(
    "case", [case for case in CASES if not (case.first or case.replaces)], ids=str
)
def test_a_step_of_a_stale_token(case: Case, hospital: Hospital) -> None:
    """Of a rotation that ended, when the next has begun: it is quiet, and disturbs nothing.

    Once the next one is promoted as well, it is told that it comes too late.
    """
    patient = hospital(case)
    stale, previous = start(patient)
    ended(patient, stale, previous)
    for late in Step:
        event, previous = start(patient)
        for step in Step:
            assert told(take(patient, event, step)) == []
            current = patient.secret.holder("AWSCURRENT") == stale["ClientRequestToken"]
            refusal = told(take(patient, stale, late))
            assert refusal == ([] if current else ["WrongStage"])
        ended(patient, event, previous)
        stale = event
