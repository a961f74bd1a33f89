"""Several copies of a step at once, and late ones: Lambda invokes at least once, at any delay."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.protocol.event import Step
from tests.faults.cases import CASES, ELSEWHERE, RotationCase
from tests.faults.crashing_secret import CrashingSecret, MakeCrashingSecret
from tests.faults.sample import Sample
from tests.faults.sandboxes import RunningStep, StepResult
from tests.faults.state import assert_rotation_finished, lockout_problem
from tests.fixtures.evidence import Evidence
from tests.lab import Event

Errors = Counter[str]


def start_step(crashing: CrashingSecret, event: Event, step: Step) -> RunningStep:
    return crashing.boxes.start_step(crashing.secret.target, {**event, "Step": step.value})


def run_step(crashing: CrashingSecret, event: Event, step: Step) -> StepResult:
    return start_step(crashing, event, step).result()


def error_types(*results: StepResult) -> list[str]:
    """The types of the steps' errors, which an operator would see."""
    return [str(each.error["type"]) for each in results if each.error]


def begin_rotation(
    crashing: CrashingSecret, *, clones_turn: bool | None = None
) -> tuple[Event, str | None]:
    crashing.prepare(clones_turn=clones_turn)
    return crashing.secret.begin(), crashing.secret.holder("AWSCURRENT")


def assert_retry_succeeds(crashing: CrashingSecret, event: Event, previous: str | None) -> None:
    """Run all steps again, and assert that they succeed and the rotation finishes cleanly.

    Where copies can end each other's key, testSecret has found that: a new rotation is run instead.
    """
    if crashing.case.replaces:
        crashing.secret.abandon(event)
        event, previous = begin_rotation(crashing)
    for step in Step:
        assert error_types(run_step(crashing, event, step)) == []
    if crashing.case.replaces:  # the previous key may be the one that was ended
        assert crashing.secret.target.accepts(crashing.secret.version(event["ClientRequestToken"]))
    else:
        assert_rotation_finished(crashing.secret, event["ClientRequestToken"], previous, [])


@pytest.mark.parametrize("case", [*CASES, *ELSEWHERE], ids=str)
def test_copies_at_once(
    case: RotationCase,
    make_crashing_secret: MakeCrashingSecret,
    evidence: Evidence,
    *,
    thorough: bool,
) -> None:
    crashing = make_crashing_secret(case)
    counts: Counter[str] = Counter()
    errors: Errors = Counter()
    for copies in (2, 5) * (10 if thorough else 1):
        event, previous = begin_rotation(crashing)
        seen = []
        for step in Step:
            running = [start_step(crashing, event, step) for _ in range(copies)]
            seen += error_types(*(each.result() for each in running))
            assert case.replaces or lockout_problem(crashing.secret, case) == ""
        counts["runs"] += 1
        counts["quiet"] += not seen
        errors.update(seen)
        assert_retry_succeeds(crashing, event, previous)
    for _ in range(10 if thorough else 1):
        event, previous = begin_rotation(crashing)
        seen = run_two_rotations(crashing, event)
        counts["runs"] += 1
        counts["quiet"] += not seen
        errors.update(seen)
        assert_retry_succeeds(crashing, event, previous)
    # One run and a twentieth of all may have an error: there may be fewer than twenty runs.
    assert case.replaces or counts["quiet"] >= 0.95 * counts["runs"] - 1, errors
    shown = ", ".join(f"{kind} {number}" for kind, number in sorted(errors.items()))
    evidence(
        "races", str(case), runs=counts["runs"], without_an_error=counts["quiet"], errors=shown
    )


def run_two_rotations(crashing: CrashingSecret, event: Event) -> list[str]:
    """Run two with one token at once, each up to its first error; return the error types."""

    def rotation() -> list[str]:
        for step in Step:
            if failed := error_types(run_step(crashing, event, step)):
                return failed
        return []

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(rotation) for _ in range(2)]
        return [kind for each in both for kind in each.result()]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_copy_that_wakes_up_when_all_is_over(
    case: RotationCase, make_crashing_secret: MakeCrashingSecret, sample: Sample, evidence: Evidence
) -> None:
    crashing = make_crashing_secret(case)
    event, _ = begin_rotation(crashing)
    clones_turn = crashing.is_clones_turn
    found = [(step, point) for step in Step for point in run_step(crashing, event, step).points()]
    errors: Errors = Counter()
    chosen = sample([(step, point) for step, point in found if not point.after], 1)
    assert chosen
    for step, point in chosen:
        event, previous = begin_rotation(crashing, clones_turn=clones_turn)
        for before in list(Step)[: list(Step).index(step)]:
            assert error_types(run_step(crashing, event, before)) == []
        slow = crashing.boxes.start_step_until(
            crashing.secret.target, {**event, "Step": step.value}, point
        )
        rest = list(Step)[list(Step).index(step) :]
        # The stopped copy may hold the target's lock: then the second one fails and is retried.
        held = error_types(*(run_step(crashing, event, each) for each in rest))
        slow.resume()
        late = error_types(slow.result())
        assert case.replaces or lockout_problem(crashing.secret, case) == "", (step, point)
        errors.update(f"{kind} of the second" for kind in held[:1])
        errors.update(f"{kind} of the late one" for kind in late)
        assert_retry_succeeds(crashing, event, previous)
    shown = ", ".join(f"{kind} {number}" for kind, number in sorted(errors.items()))
    evidence("late-copies", str(case), stopped=len(chosen), errors=shown)


@pytest.mark.parametrize(
    "case", [case for case in CASES if not (case.first or case.replaces)], ids=str
)
def test_a_step_of_a_stale_token(
    case: RotationCase, make_crashing_secret: MakeCrashingSecret
) -> None:
    """A step of a finished rotation, run during the next one, does nothing and succeeds.

    Once the next one is promoted as well, it fails as WrongStage.
    """
    crashing = make_crashing_secret(case)
    stale, previous = begin_rotation(crashing)
    assert_retry_succeeds(crashing, stale, previous)
    for late in Step:
        event, previous = begin_rotation(crashing)
        for step in Step:
            assert error_types(run_step(crashing, event, step)) == []
            current = crashing.secret.holder("AWSCURRENT") == stale["ClientRequestToken"]
            refusal = error_types(run_step(crashing, stale, late))
            assert refusal == ([] if current else ["WrongStage"])
        assert_retry_succeeds(crashing, event, previous)
        stale = event
