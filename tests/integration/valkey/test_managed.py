"""Users that AWS keeps: whose they are, what is refused, and what takes too long."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest

from local.targets import Place
from rotators.valkey.managed import session
from rotators.valkey.testing import valkey
from rotators.valkey.testing.managed import ManagedTarget, ManagedUsers
from shared.errors import (
    Busy,
    Forbidden,
    MalformedSecret,
    Misconfigured,
    RejectedByPolicy,
    TargetMismatch,
)
from shared.protocol.event import Step
from tests.integration.valkey.stage import OVERLAP, created, failure
from tests.lab import Lab, LabSecret

Make = Callable[..., LabSecret]
SERVICES = ("elasticache", "memorydb")
CHANGES = {"ModifyUser", "UpdateUser"}


@pytest.fixture
def make(lab: Lab, place: Place, managed_users: ManagedUsers) -> Make:
    def made(
        service: str = "elasticache", settings: Mapping[str, str] = MappingProxyType({})
    ) -> LabSecret:
        target = ManagedTarget(place.running(valkey), managed_users, settings, service)
        return lab.secret(target)

    return made


def target_of(secret: LabSecret) -> ManagedTarget:
    assert isinstance(secret.target, ManagedTarget)
    return secret.target


@pytest.mark.parametrize("service", SERVICES)
def test_a_rotation_changes_it_twice_so_that_no_node_is_without_a_password_that_is_known(
    make: Make, service: str
) -> None:
    secret = make(service)
    target = target_of(secret)
    secret.steps(secret.begin())
    changes = [each for each in target.users.calls if each in CHANGES]
    assert len(changes) == 2
    assert len(target.hashes()) == 1
    assert target.accepts(secret.value())


@pytest.mark.parametrize("service", SERVICES)
def test_with_overlap_it_is_changed_once(make: Make, service: str) -> None:
    secret = make(service, OVERLAP)
    target = target_of(secret)
    secret.steps(secret.begin())
    assert len([each for each in target.users.calls if each in CHANGES]) == 1
    assert len(target.hashes()) == 2
    assert target.accepts(secret.value("AWSPREVIOUS"))


@pytest.mark.parametrize("settings", [{}, OVERLAP], ids=["single", "overlap"])
@pytest.mark.parametrize("service", SERVICES)
def test_what_takes_longer_than_a_step_is_gone_on_with(
    make: Make, service: str, settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = make(service, settings)
    target = target_of(secret)
    event = created(secret)
    monkeypatch.setattr(session, "ACTIVE_SECONDS", 0.0)
    target.users.late = 4  # descriptions, of every change, and a step has time for one
    attempts = 0
    while True:
        attempts += 1
        try:
            secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
        except Busy as error:
            assert "(status 'modifying')" in str(error)
        else:
            break
    changes = [each for each in target.users.calls if each in CHANGES]
    assert len(changes) == (1 if "PASSWORD_OVERLAP" in settings else 2)
    assert 2 < attempts < 12
    assert target.accepts(secret.value())
    assert len(target.hashes()) == 3 - len(changes)


def test_what_is_active_at_one_node_only_is_no_success(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = make(settings=OVERLAP)
    event = created(secret)
    secret.step(event, Step.SET)
    monkeypatch.setattr(session, "ACTIVE_SECONDS", 0.0)
    users = target_of(secret).users
    users.late = 2
    pending = str(secret.version(event["ClientRequestToken"])["password"])
    users.answer(
        "ModifyUser",
        {"UserId": secret.value()["user_id"], "AuthenticationMode": {"Passwords": [pending]}},
    )
    error = failure(secret, event, Step.TEST)
    assert isinstance(error, Busy)
    monkeypatch.setattr(session, "ACTIVE_SECONDS", 30.0)
    secret.steps(event, Step.TEST, Step.FINISH)


def test_a_user_of_a_serverless_cache(make: Make) -> None:
    secret = make()
    users = target_of(secret).users
    users.serverless, users.endpoint = users.endpoint, users.serverless
    secret.steps(secret.begin())
    assert "DescribeServerlessCaches" in users.calls
    assert secret.target.accepts(secret.value())


def test_a_cache_that_is_being_deleted_is_in_nobodys_way(make: Make) -> None:
    secret = make()
    users = target_of(secret).users
    users.gone.add("DescribeServerlessCaches")
    secret.steps(secret.begin())
    users.gone.add("DescribeReplicationGroups")
    error = failure(secret, created(secret))
    assert isinstance(error, TargetMismatch)
    assert error.field == "host"


def test_another_user_that_the_function_may_change_is_not(make: Make) -> None:
    """Whoever may write a secret could name it, and would get its password."""
    secret = make()
    users = target_of(secret).users
    users.add("of-somebody-else", "app-of-somebody-else")
    secret.store({**secret.value(), "user_id": "of-somebody-else"})
    error = failure(secret, created(secret))
    assert isinstance(error, TargetMismatch)
    assert error.field == "user_id"
    assert not CHANGES & set(users.calls)


def test_attaching_tells_of_it_too(make: Make) -> None:
    secret = make()
    target_of(secret).users.add("of-somebody-else", "app-of-somebody-else")
    named = secret.value()
    secret.store({**named, "user_id": "of-somebody-else"})
    outcome = secret.rotate(RotateImmediately=False)
    assert outcome.state == "failed"
    assert "'user_id'" in str(outcome.error)
    secret.store(named)
    assert secret.rotate(RotateImmediately=False).state == "succeeded"


@pytest.mark.parametrize("service", SERVICES)
def test_nor_is_one_of_the_same_name_at_another_cache(make: Make, service: str) -> None:
    secret = make(service)
    users = target_of(secret).users
    users.endpoint = "other.abc123.cache.amazonaws.com"
    event = created(secret)
    error = failure(secret, event)
    assert isinstance(error, TargetMismatch)
    assert error.field == "host"
    assert not CHANGES & set(users.calls)
    users.endpoint = str(secret.value()["host"])
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        *(("elasticache", each) for each in ("DescribeUsers", "DescribeUserGroups", "ModifyUser")),
        *(("memorydb", each) for each in ("DescribeUsers", "DescribeACLs", "UpdateUser")),
    ],
)
def test_a_right_that_is_missing_is_named(make: Make, service: str, operation: str) -> None:
    secret = make(service)
    users = target_of(secret).users
    users.denied.add(operation)
    event = created(secret)
    error = failure(secret, event)
    assert isinstance(error, Forbidden)
    assert f"{service}:{operation}" in str(error)
    assert "ValkeyUserArns" in error.do
    users.denied.clear()
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


@pytest.mark.parametrize("service", SERVICES)
def test_a_user_that_is_not_there(make: Make, service: str) -> None:
    secret = make(service)
    target_of(secret).users._users.clear()
    error = failure(secret, created(secret))
    assert isinstance(error, TargetMismatch)
    assert error.field == ("user_id" if service == "elasticache" else "username")


def test_a_user_of_iam(make: Make) -> None:
    secret = make()
    target_of(secret).users._users[secret.value()["user_id"]]["kind"] = "iam"
    error = failure(secret, created(secret))
    assert isinstance(error, Misconfigured)


@pytest.mark.parametrize("service", SERVICES)
def test_a_password_that_the_service_refuses(make: Make, service: str) -> None:
    secret = make(service, {"PASSWORD_LENGTH": "200"})
    error = failure(secret, created(secret))
    assert isinstance(error, RejectedByPolicy)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("managed", "elastic"),
        ("user_id", ""),
        ("nodes", ["cache-2.example.org"]),
        ("persistence", "none"),
    ],
)
def test_a_secret_that_says_what_cannot_be(make: Make, field: str, value: object) -> None:
    secret = make()
    secret.store({**secret.value(), field: value})
    with pytest.raises(MalformedSecret) as caught:
        created(secret)
    assert caught.value.field == field
