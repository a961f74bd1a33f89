"""A fault of AWS at each call of each step, once or until the step fails."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from botocore.config import Config
from botocore.retries.standard import ExponentialBackoff

from shared.aws import clients, store
from shared.errors import Forbidden, RotationError
from shared.protocol.event import Step
from tests.faults.cases import CASES, RotationCase
from tests.faults.sample import Sample
from tests.faults.state import assert_rotation_finished, lockout_problem
from tests.faulty.front import Due, Front, Trouble, front
from tests.fixtures.evidence import Evidence
from tests.lab import Lab, LabSecret

TROUBLED = (
    "PostgresSingleUser",
    "PostgresAlternatingUsers 17, first",
    "MySqlSingleUser MySQL, overlap until finish",
    "HttpApiKey JupyterHub",
    "GeneratedValue generated",
    "IamAccessKey",
)
AT_MOST = 8
FOR_EVER = 100


class TroublePoint(NamedTuple):
    step: Step
    operation: str
    number: int
    trouble: Trouble
    often: int


@pytest.fixture
def faulty(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """A proxy between the functions and the service; the test's own client does not use it."""
    quick = Config(read_timeout=0.4, retries={"mode": "standard", "total_max_attempts": 3})
    monkeypatch.setattr(clients, "_CONFIG", clients._CONFIG.merge(quick))
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    with front(lab.service.endpoint) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", running.url)
        clients.client.cache_clear()
        yield running
    clients.client.cache_clear()


def points(secret: LabSecret, faulty: Front) -> list[TroublePoint]:
    """Every trouble at every call of a rotation, which is recorded for that."""
    event, found = secret.begin(), []
    for step in Step:
        faulty.begin()
        secret.step(event, step)
        for at, operation in enumerate(faulty.seen):
            number = faulty.seen[:at].count(operation)
            found += [
                TroublePoint(step, operation, number, trouble, often)
                for trouble in Trouble
                for often in (1, FOR_EVER)
            ]
    return found


def assert_expected_error(error: RotationError | None, point: TroublePoint) -> None:
    """Assert that the SDK recovers from a single trouble; a lasting one gives a retryable error."""
    if point.trouble is Trouble.DENIED:
        assert isinstance(error, Forbidden), (point, error)
    elif point.often == 1 and point.trouble is not Trouble.PART:  # the SDK does not notice PART
        assert error is None, (point, error)
    elif error is None:
        # The call was carried out though its answer was lost, and a later read may show that.
        assert point.trouble in (Trouble.LOST, Trouble.PART), point
    else:
        assert error.retryable, (point, error)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in TROUBLED], ids=str)
def test_each_call_each_trouble(  # noqa: PLR0913, PLR0917 - fixtures
    case: RotationCase,
    lab: Lab,
    faulty: Front,
    sample: Sample,
    request: pytest.FixtureRequest,
    evidence: Evidence,
) -> None:
    secret = lab.secret(case.make(request))
    for _ in range(2):
        secret.steps(secret.begin())
    errors: Counter[str] = Counter()
    found = points(secret, faulty)
    chosen = sample(found, AT_MOST)
    for point in chosen:
        previous, event, error = secret.holder("AWSCURRENT"), secret.begin(), None
        secret.steps_before(event, point.step)
        faulty.begin(Due(point.operation, point.number, point.trouble, point.often))
        try:
            secret.step(event, point.step)
        except RotationError as failure:
            error = failure
        assert faulty.troubled, point
        assert_expected_error(error, point)
        errors[error.code if error else "none"] += 1
        faulty.begin()
        assert lockout_problem(secret, case) == "", point
        secret.steps(event)
        assert_rotation_finished(secret, event["ClientRequestToken"], previous, [])
    shown = ", ".join(f"{kind} {number}" for kind, number in sorted(errors.items()))
    evidence("aws", str(case), troubles=len(found), tried=len(chosen), errors=shown)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in TROUBLED], ids=str)
def test_reads_that_miss_what_was_written(
    case: RotationCase, lab: Lab, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CONSISTENCY_SECONDS", 5.0)  # as it is in Lambda
    for missed in range(1, 5):
        secret = lab.secret(case.make(request))
        lab.service.settings.stale_reads = missed
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert secret.holder("AWSCURRENT") == outcome.version_id
        assert secret.target.accepts(secret.version(outcome.version_id))
