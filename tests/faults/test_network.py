"""A bad network between function and target, at any record that they exchange.

A real server behind a proxy that cuts, ends, silences, slows or changes what passes: the step fails
with an error that the service tries again, or not at all, and the next attempt makes it good.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from shared.errors import Rejected, RotationError, Unreachable
from shared.protocol.event import Step
from tests.conformance.remote import shorten_waits
from tests.faults.cases import CASES, Case
from tests.faults.proxied_secret import Point, Wire, wire
from tests.faults.sample import Sample
from tests.faulty.faults import Fault, Harm, Place, Way
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
)
AT_MOST = 2
FAST = (Harm.RESET, Harm.CLOSE, Harm.FLIP)
SLOW = (Harm.SILENCE, Harm.DRIP, Harm.DELAY)


def lasting(error: RotationError | None, harm: Harm) -> bool:
    """Whether a person would be asked to look, for what is the network's doing alone.

    A bit that is flipped in what is said before TLS, or in a certificate, may look like anything
    but a refusal of the password.
    """
    if error is None or error.retryable:
        return False
    return harm is not Harm.FLIP or isinstance(error, Rejected)


def struck(behind: Wire, points: list[Point], harm: Harm, errors: Counter[str]) -> int:
    """How many of the points were come to; what was told is counted."""
    came = 0
    for number, point in enumerate(points):
        fault = Fault(harm, point.place, seconds=0.02, bit=number % 8)
        there, error = behind.outlive(point.step, fault)
        came += there
        assert not lasting(error, harm), (point, error)
        errors[error.code if error else "none"] += 1
    return came


@pytest.fixture
def wired(
    lab: Lab, request: pytest.FixtureRequest
) -> Callable[[Case], AbstractContextManager[Wire]]:
    return lambda case: wire(case, lab, request)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in BEHIND], ids=str)
def test_at_any_record(
    case: Case,
    wired: Callable[[Case], AbstractContextManager[Wire]],
    sample: Sample,
    monkeypatch: pytest.MonkeyPatch,
    evidence: Evidence,
) -> None:
    errors: Counter[str] = Counter()
    with wired(case) as behind:
        points = behind.record()
        tried = came = 0
        for harm in FAST:
            chosen = sample(points, AT_MOST)
            tried += len(chosen)
            came += struck(behind, chosen, harm, errors)
        shorten_waits(monkeypatch)
        starts = [point for point in points if point.place.inside == 0]
        for harm in SLOW:
            chosen = sample(starts, 1)
            tried += len(chosen)
            came += struck(behind, chosen, harm, errors)
    assert came > tried / 3  # the rest are of connections that not every rotation makes
    shown = ", ".join(f"{kind} {number}" for kind, number in sorted(errors.items()))
    evidence("network", str(case), places=len(points), faults=tried, met=came, errors=shown)


def test_an_end_amid_the_handshake_says_nothing_of_the_certificate(
    wired: Callable[[Case], AbstractContextManager[Wire]],
) -> None:
    (case,) = [case for case in CASES if case.name == "HttpApiKey JupyterHub"]
    with wired(case) as behind:
        there, error = behind.outlive(Step.TEST, Fault(Harm.CLOSE, Place(0, Way.BACK, 1, 2)))
    assert there
    assert isinstance(error, Unreachable)
