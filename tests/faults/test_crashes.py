"""The function's process is killed at every call; the next attempt, or rotation, must recover.

The calls are found by recording a rotation, so a new call is covered without a change here. The
killed process has its own sockets and gets SIGKILL; the local service's orchestrator retries.
"""

import pytest

from shared.protocol.event import Step
from tests.faults.cases import CASES, ELSEWHERE, RotationCase
from tests.faults.crashing_home import KillPoint
from tests.faults.crashing_secret import CrashingSecret, MakeCrashingSecret
from tests.faults.sample import Sample
from tests.fixtures.evidence import Evidence

# For each case and way to recover, in a sample: a rotation takes half a second.
AT_MOST = 2


@pytest.mark.parametrize("case", [*CASES, *ELSEWHERE], ids=str)
def test_killed_at_every_call(
    case: RotationCase, make_crashing_secret: MakeCrashingSecret, sample: Sample, evidence: Evidence
) -> None:
    crashing = make_crashing_secret(case)
    points = crashing.record()
    assert {point.step for point in points} == set(Step)
    once, abandoned = sample(points, AT_MOST), sample(points, AT_MOST)
    pairs = []
    for first in once:
        points_of_retry = assert_retry_succeeds(crashing, first)
        (second,) = sample.one(points_of_retry)
        pairs.append((first, second))
    twice = sample(pairs, AT_MOST // 2)
    for first, second in twice:
        assert_retry_succeeds(crashing, first, second)
    for point in abandoned:
        assert_next_rotation_succeeds(crashing, point)
    evidence(
        "crashes",
        str(case),
        calls=len(points) // 2,
        killed_and_retried=len(once),
        killed_twice=len(twice),
        killed_and_abandoned=len(abandoned),
    )


def assert_retry_succeeds(crashing: CrashingSecret, *points: KillPoint) -> list[KillPoint]:
    """Kill a rotation at the points, and assert that the service's retry recovers.

    A retry has the same token. Returns the kill points of the steps after the last kill.
    """
    crashing.settings.retries = len(points)
    crashing.prepare(clones_turn=points[0].clones_turn)
    before = crashing.secret.holder("AWSCURRENT")
    assert crashing.rotate(*points) == "succeeded", points
    crashing.assert_recovered(before, len(points))
    return crashing.kill_points(after_last_kill=True)


def assert_next_rotation_succeeds(crashing: CrashingSecret, point: KillPoint) -> None:
    """Kill a rotation, abandon it as documented (fact 7), and assert that the next one recovers."""
    crashing.settings.retries = 0
    crashing.prepare(clones_turn=point.clones_turn)
    state = crashing.rotate(point)
    assert state == "failed" or crashing.case.late, point
    crashing.secret.abandon({"ClientRequestToken": crashing.since_finished[-1]})
    before = crashing.secret.holder("AWSCURRENT")
    assert crashing.rotate() == "succeeded", point
    crashing.assert_recovered(before, 1)
