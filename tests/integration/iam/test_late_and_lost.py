"""IAM that is late, throttles, or loses its answer: no key is left behind, and none is waited for.

AWS itself was not asked how late it is: the counts here are of calls, not of seconds.
"""

import pytest

from rotators.iam.account import user
from rotators.iam.aws import calls
from rotators.iam.testing import Iam, IamTarget, accounts, faults
from shared.errors import RotationError, Throttled, Unreachable
from shared.keys import propagation
from shared.protocol.event import Step
from tests.lab import LabSecret

CHANGING = (
    *("ListAccessKeys", "GetUser", "GetAccessKeyLastUsed", "UpdateAccessKey", "DeleteAccessKey"),
    *("UntagUser", "TagUser", "CreateAccessKey"),
)


def held(secret: LabSecret) -> set[str]:
    """The ids in AWSCURRENT and AWSPREVIOUS."""
    return {secret.value(label)["access_key_id"] for label in ("AWSCURRENT", "AWSPREVIOUS")}


def assert_recovers(secret: LabSecret, event: dict[str, str], target: IamTarget) -> None:
    """The next attempt ends well, and the user has the keys that the secret has."""
    secret.steps(event)
    assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
    assert target.accepts(secret.value())
    assert accounts.keys(target.user) == dict.fromkeys(held(secret), "Active")


@pytest.mark.parametrize("unknown", [1, 4])
def test_a_key_that_sts_does_not_know_yet_is_waited_for(
    secret: LabSecret, iam: Iam, unknown: int
) -> None:
    event = secret.begin()
    secret.step(event, Step.CREATE)
    iam.faults.unknown = unknown
    secret.steps(event)
    assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]


def test_a_key_that_stays_unknown_for_the_step_is_worth_another_try(
    secret: LabSecret, iam: Iam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(propagation, "LONGEST_WAIT", 0.3)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    iam.faults.unknown = 10_000
    with pytest.raises(Unreachable, match="may take 60 s to know a new one") as caught:
        secret.step(event, Step.TEST)
    assert caught.value.retryable
    iam.faults.clear()
    secret.steps(event)


@pytest.mark.parametrize("unlisted", [1, 3])
def test_rotations_that_follow_each_other_wait_for_the_list(
    secret: LabSecret, iam: Iam, unlisted: int
) -> None:
    iam.faults.unlisted = unlisted
    for _ in range(3):
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error


def test_a_lost_key_that_is_not_listed_yet_makes_no_third(
    secret: LabSecret, iam: Iam, target: IamTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is as before the key was made, and IAM refuses another: wait, and look again."""
    monkeypatch.setattr(user, "UNLISTED_SECONDS", 0.0)
    event = secret.begin()
    iam.faults.next("CreateAccessKey", faults.lost)
    iam.faults.unlisted = 1
    with pytest.raises(Unreachable):
        secret.step(event, Step.CREATE)
    with pytest.raises(RotationError) as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.code == "Busy"
    assert_recovers(secret, event, target)


@pytest.mark.parametrize("action", [*CHANGING, "GetCallerIdentity"])
def test_a_throttled_call_is_made_again(secret: LabSecret, iam: Iam, action: str) -> None:
    assert secret.rotate().state == "succeeded"
    iam.faults.next(action, faults.throttled, times=2)
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert iam.faults.left() == 0


@pytest.mark.parametrize("action", ["ListAccessKeys", "CreateAccessKey"])
def test_who_is_throttled_for_long_is_told_so(
    secret: LabSecret, iam: Iam, target: IamTarget, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "THROTTLED_SECONDS", 0.3)
    event = secret.begin()
    iam.faults.next(action, faults.throttled, times=1000)
    with pytest.raises(Throttled, match=f"iam:{action} for user '{target.user}'"):
        secret.step(event, Step.CREATE)
    iam.faults.clear()
    assert_recovers(secret, event, target)


@pytest.mark.parametrize(
    "fault", [faults.lost, faults.reset, faults.failed, faults.empty, faults.unfinished]
)
@pytest.mark.parametrize("action", CHANGING)
def test_a_call_that_fails_leaves_nothing_behind(
    secret: LabSecret, iam: Iam, target: IamTarget, action: str, fault: faults.Fault
) -> None:
    """In the second rotation, which has a key to end and one to make."""
    assert secret.rotate().state == "succeeded"
    event = secret.begin()
    iam.faults.next(action, fault)
    problem: RotationError | None = None
    try:
        secret.step(event, Step.CREATE)
    except RotationError as error:
        problem = error
    assert iam.faults.left() == 0
    assert problem is None or problem.retryable, problem
    assert_recovers(secret, event, target)


def test_a_key_that_was_lost_is_found_by_the_next_rotation(
    secret: LabSecret, iam: Iam, target: IamTarget
) -> None:
    event = secret.begin()
    iam.faults.next("CreateAccessKey", faults.lost)
    with pytest.raises(Unreachable):
        secret.step(event, Step.CREATE)
    assert len(accounts.keys(target.user)) == 2
    secret.abandon(event)
    assert secret.rotate().state == "succeeded"
    assert accounts.keys(target.user) == dict.fromkeys(held(secret), "Active")


def test_a_key_without_a_label_that_somebody_uses_is_not_the_lost_one(
    secret: LabSecret, iam: Iam, target: IamTarget
) -> None:
    """A person made it while a rotation was under way: it is named, and kept."""
    event = secret.begin()
    iam.faults.next("CreateAccessKey", faults.reset)
    with pytest.raises(Unreachable):
        secret.step(event, Step.CREATE)
    key_id, key = accounts.make_key(target.user)
    assert target.accepts({**target.document, "access_key_id": key_id, "secret_access_key": key})
    with pytest.raises(RotationError, match=f"allows 2 keys.*{key_id}") as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.code == "TargetMismatch"
    assert key_id in accounts.keys(target.user)


@pytest.mark.parametrize(
    "refusal",
    [
        faults.refused("AccessDenied", 403),
        faults.refused("ConcurrentModification", 409),
        faults.throttled,
    ],
    ids=["denied", "changed", "throttled"],
)
def test_after_a_clear_refusal_a_new_key_is_a_strangers(
    secret: LabSecret, iam: Iam, target: IamTarget, refusal: faults.Fault
) -> None:
    event = secret.begin()
    iam.faults.next("CreateAccessKey", refusal, times=1000)
    with pytest.raises(RotationError, match="iam:CreateAccessKey"):
        secret.step(event, Step.CREATE)
    iam.faults.clear()
    key_id, _ = accounts.make_key(target.user)  # which nobody has used yet
    with pytest.raises(RotationError, match=f"allows 2 keys.*{key_id}"):
        secret.step(event, Step.CREATE)
    assert accounts.keys(target.user)[key_id] == "Active"
