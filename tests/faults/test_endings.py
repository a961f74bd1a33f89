"""endLeaked killed at its calls, and two copies of it at once: it can be asked for again."""

from collections.abc import Mapping

import pytest

from tests.faults.cases import CASES, RotationCase
from tests.faults.crashing_secret import CrashingSecret, MakeCrashingSecret
from tests.faults.sample import Sample
from tests.lab import LabSecret
from tests.leaked import event_of

NAMES = (
    "PostgresAlternatingUsers 17, next",
    "MySqlSingleUser MySQL, overlap",
    "HttpApiKey issued beside",
    "HttpApiKey two slots",
    "IamAccessKey",
)
ENDING = [case for case in CASES if case.name in NAMES]
# For each case, in a sample: a rotation before each takes half a second.
AT_MOST = 1


def leak(crashing: CrashingSecret) -> tuple[LabSecret, Mapping[str, str]]:
    """A secret that was rotated, and what asks for the end of the version before."""
    crashing.prepare()
    secret = crashing.secret
    leaked = secret.holder("AWSCURRENT") or ""
    assert secret.rotate().state == "succeeded"
    assert leaked in secret.accepted_versions()
    return secret, event_of(secret, leaked)


def assert_ends(crashing: CrashingSecret, event: Mapping[str, str]) -> tuple[str, ...]:
    """Ask, and assert that it is proven; returns the calls that were made."""
    result = crashing.boxes.run_step(crashing.secret.target, event)
    assert result.error is None
    assert isinstance(result.answer, dict)
    assert result.answer["refused"]["proven"]
    assert crashing.secret.accepted_versions() == {crashing.secret.holder("AWSCURRENT")}
    return result.calls


@pytest.mark.parametrize("case", ENDING, ids=str)
def test_killed_at_its_calls_or_beside_another_copy(
    case: RotationCase, make_crashing_secret: MakeCrashingSecret, sample: Sample
) -> None:
    crashing = make_crashing_secret(case)
    secret, event = leak(crashing)
    recorded = crashing.boxes.run_step(secret.target, event)
    for point in sample(list(recorded.points()), AT_MOST):
        secret, event = leak(crashing)
        assert crashing.boxes.run_step(secret.target, event, point).killed
        assert secret.holder("AWSCURRENT") in secret.accepted_versions(), point
        assert_ends(crashing, event)
    secret, event = leak(crashing)
    copies = [crashing.boxes.start_step(secret.target, event) for _ in range(2)]
    errors = [copy.result().error for copy in copies]
    assert all(error is None or error["retryable"] for error in errors), errors
    assert_ends(crashing, event)
    assert secret.rotate().state == "succeeded"
