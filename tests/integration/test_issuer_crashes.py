"""A function dies at any call of any step, on JupyterHub; the next attempt, or rotation, mends it.

The calls are found by recording a rotation, so that a new one is covered by itself.
"""

from collections.abc import Callable, Iterator

import pytest

from local.issuers import Issuer
from local.issuers.issuer import accepts, ask, tokens
from local.targets import IssuerTarget
from shared import store
from shared.event import Step
from tests.crashes import Crash, Point, recorded
from tests.lab import Event, Lab, Secret

Report = Callable[[str], None]


@pytest.fixture
def secret(lab: Lab, jupyterhub: Issuer, monkeypatch: pytest.MonkeyPatch) -> Secret:
    """One whose current and previous keys are both issued by us."""
    monkeypatch.setattr(store, "CONSISTENCY_SECONDS", 0.2)  # nothing is eventual here
    secret = lab.secret(IssuerTarget(jupyterhub))
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    return secret


def ours(secret: Secret, issuer: Issuer) -> set[str]:
    """The ids of the live keys that were issued for this secret."""
    listed = ask(issuer, "GET", tokens(issuer.owner), issuer.admin).document["api_tokens"]
    return {key["id"] for key in listed if key["note"].startswith(f"{secret.arn} ")}


def held(secret: Secret) -> set[str]:
    """The ids of the keys that AWSCURRENT and AWSPREVIOUS hold."""
    return {secret.value(label)["key_id"] for label in ("AWSCURRENT", "AWSPREVIOUS")}


def points(secret: Secret) -> Iterator[tuple[Step, Point, str]]:
    """Every place in a rotation to die at."""
    event = secret.begin()
    for step in Step:
        with recorded() as calls:
            secret.step(event, step)
        for number, name in enumerate(calls.names):
            yield step, Point(number, after=False), f"before {name}"
            yield step, Point(number, after=True), f"after {name}"


def die(secret: Secret, issuer: Issuer, event: Event, last: Step, point: Point) -> None:
    """Take the steps up to this one, which dies; AWSCURRENT's key is accepted all along."""
    for step in list(Step)[: list(Step).index(last)]:
        secret.step(event, step)
        assert accepts(issuer, secret.value()["api_key"])
    with pytest.raises(Crash), recorded(point):
        secret.step(event, last)
    assert accepts(issuer, secret.value()["api_key"])


def test_a_retry_mends_what_a_crash_at_any_call_left(
    secret: Secret, jupyterhub: Issuer, report: Report
) -> None:
    found = list(points(secret))
    assert {step for step, _, _ in found} == set(Step)
    for last, point, name in found:
        event = secret.begin()
        before = secret.value()
        die(secret, jupyterhub, event, last, point)
        for step in Step:
            secret.step(event, step)
            assert accepts(jupyterhub, secret.value()["api_key"]), (last, name)
        assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
        assert ours(secret, jupyterhub) == held(secret), (last, name)  # no orphan, already now
        assert secret.value("AWSPREVIOUS")["key_id"] == before["key_id"]
        assert accepts(jupyterhub, before["api_key"]), (last, name)  # not revoked too early
    report(f"crashes mended by a retry: {len(found)} of {len(found)}, 0 orphans")


def test_a_new_rotation_mends_what_an_abandoned_one_left(
    secret: Secret, jupyterhub: Issuer, report: Report
) -> None:
    found = [each for each in points(secret) if each[0] is not Step.FINISH]
    for last, point, name in found:
        event = secret.begin()
        current = secret.value()
        die(secret, jupyterhub, event, last, point)
        secret.abandon(event)
        assert accepts(jupyterhub, current["api_key"]), (last, name)
        outcome = secret.rotate()
        assert outcome.state == "succeeded", (last, name, outcome.error)
        assert ours(secret, jupyterhub) == held(secret), (last, name)
        assert secret.value("AWSPREVIOUS") == current
        assert accepts(jupyterhub, current["api_key"]), (last, name)
    report(f"crashes mended by a new rotation: {len(found)} of {len(found)}, 0 orphans")


def test_fifty_rotations_with_two_copies_of_each_step(
    lab: Lab, jupyterhub: Issuer, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    monkeypatch.setattr(store, "CONSISTENCY_SECONDS", 5.0)  # as it is in Lambda
    secret = lab.secret(IssuerTarget(jupyterhub))
    for _ in range(50):
        event = secret.begin()
        for step in Step:
            secret.twice_at_once(event, step)
            assert accepts(jupyterhub, secret.value()["api_key"])
        assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
    assert ours(secret, jupyterhub) == held(secret)
    report("rotations with two copies of each step at once: 50 of 50")
