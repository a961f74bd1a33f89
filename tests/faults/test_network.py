"""A bad network between function and target, at any record that they exchange.

A real server is behind a proxy that resets, closes, silences, slows or changes connections. The
step succeeds or fails with a retryable error, and the next attempt succeeds.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from shared.errors import Rejected, RotationError, Unreachable
from shared.protocol.event import Step
from tests.conformance.remote import shorten_waits
from tests.faults.cases import CASES, RotationCase
from tests.faults.proxied_secret import ProxiedSecret, RecordPoint, proxied_secret
from tests.faults.sample import Sample
from tests.faulty.faults import Fault, FaultPoint, Harm, Way
from tests.fixtures.evidence import Evidence
from tests.lab import Lab

BEHIND = (
    "PostgresSingleUser",
    "PostgresAlternatingUsers 17, first",
    "PostgresAlternatingUsers 17, next",
    "MySqlSingleUser MariaDB",
    "MySqlSingleUser MySQL, overlap",
    "MySqlAlternatingUsers MariaDB, next",
    "MySqlAlternatingUsers MySQL, first",
    "HttpApiKey JupyterHub",
    "IamAccessKey",
    "ValkeyUser Valkey, by admin",
)
AT_MOST = 2
FAST = (Harm.RESET, Harm.CLOSE, Harm.FLIP)
SLOW = (Harm.SILENCE, Harm.DRIP, Harm.DELAY)


def needs_a_person(error: RotationError | None, harm: Harm) -> bool:
    """Whether the error is not retryable, although only the network failed.

    A flipped bit before TLS or in a certificate may cause any error but a refused password.
    """
    if error is None or error.retryable:
        return False
    return harm is not Harm.FLIP or isinstance(error, Rejected)


def count_reached(
    proxied: ProxiedSecret, points: list[RecordPoint], harm: Harm, errors: Counter[str]
) -> int:
    """Rotate with the fault at each point; returns at how many it happened, counts the errors."""
    reached = 0
    for number, point in enumerate(points):
        fault = Fault(harm, point.place, seconds=0.02, bit=number % 8)
        happened, error = proxied.rotate_with_fault(point.step, fault)
        reached += happened
        assert not needs_a_person(error, harm), (point, error)
        errors[error.code if error else "none"] += 1
    return reached


@pytest.fixture
def make_proxied(
    lab: Lab, request: pytest.FixtureRequest
) -> Callable[[RotationCase], AbstractContextManager[ProxiedSecret]]:
    return lambda case: proxied_secret(case, lab, request)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in BEHIND], ids=str)
def test_at_any_record(
    case: RotationCase,
    make_proxied: Callable[[RotationCase], AbstractContextManager[ProxiedSecret]],
    sample: Sample,
    monkeypatch: pytest.MonkeyPatch,
    evidence: Evidence,
) -> None:
    errors: Counter[str] = Counter()
    with make_proxied(case) as proxied:
        points = proxied.record()
        tried = reached = 0
        for harm in FAST:
            chosen = sample(points, AT_MOST)
            tried += len(chosen)
            reached += count_reached(proxied, chosen, harm, errors)
        shorten_waits(monkeypatch)
        starts = [point for point in points if point.place.inside == 0]
        for harm in SLOW:
            chosen = sample(starts, 1)
            tried += len(chosen)
            reached += count_reached(proxied, chosen, harm, errors)
    assert reached > tried / 3  # the others are in connections that not every rotation makes
    shown = ", ".join(f"{kind} {number}" for kind, number in sorted(errors.items()))
    evidence("network", str(case), places=len(points), faults=tried, met=reached, errors=shown)


def test_a_close_during_the_handshake_is_no_certificate_error(
    make_proxied: Callable[[RotationCase], AbstractContextManager[ProxiedSecret]],
) -> None:
    (case,) = [case for case in CASES if case.name == "HttpApiKey JupyterHub"]
    with make_proxied(case) as proxied:
        happened, error = proxied.rotate_with_fault(
            Step.TEST, Fault(Harm.CLOSE, FaultPoint(0, Way.BACK, 1, 2))
        )
    assert happened
    assert isinstance(error, Unreachable)
