"""Every node that the secret names: none is forgotten, whatever a rotation is stopped at."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import pytest

from local.targets import Place
from rotators.valkey.connection import Reply
from rotators.valkey.node import Node
from rotators.valkey.testing import ValkeyTarget, of_nodes
from shared.errors import RotationError, TargetMismatch, Unreachable
from shared.protocol.event import Step
from tests.integration.valkey.stage import BY_ADMIN, OVERLAP, created, failure, name
from tests.lab import Lab, LabSecret

Made = Callable[[Mapping[str, str]], LabSecret]


@pytest.fixture
def made(lab: Lab, place: Place) -> Made:
    return lambda settings: lab.secret(of_nodes(place, name(), settings))


def target_of(secret: LabSecret) -> ValkeyTarget:
    assert isinstance(secret.target, ValkeyTarget)
    return secret.target


@pytest.mark.parametrize(
    ("settings", "given_up"),
    [({}, True), (BY_ADMIN, False), (OVERLAP, False), ({**OVERLAP, **BY_ADMIN}, True)],
    ids=["own, given up", "by admin", "overlap", "overlap by admin, given up"],
)
def test_a_rotation_that_ends_at_any_command_is_made_good(
    made: Made, settings: Mapping[str, str], given_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [0]
    for each in ("run", "run_expecting"):
        monkeypatch.setattr(Node, each, _interrupted(getattr(Node, each), left))
    # Every fifth place, so before a command and after one in turn: a rotation takes a second.
    for place in range(1, 200, 5):
        secret = made(settings)
        target = target_of(secret)
        event = created(secret)
        left[0] = place
        with suppress(Unreachable):
            secret.step(event, Step.SET)
        if left[0] > 0:  # it was done before
            break
        assert secret.accepted_versions(), place  # by every node
        if given_up:
            secret.abandon(event)
            assert secret.rotate().state == "succeeded", place
        else:
            secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
            assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
        assert secret.holder("AWSCURRENT") in secret.accepted_versions()
        passwords = 2 if "PASSWORD_OVERLAP" in settings else 1
        assert {len(target.hashes(each)) for each in target.servers} == {passwords}, place
    # Each node is asked to save, changed, and asked to save, with two places each.
    assert place > len(target.servers) * 3 * 2


def _interrupted(run: Callable[..., Reply], left: list[int]) -> Callable[..., Reply]:
    """Before the command, or once it is done and its answer is lost."""

    def interrupted(node: Node, *words: str, **more: object) -> Reply:
        _end_at_last(left)
        answer = run(node, *words, **more)
        _end_at_last(left)
        return answer

    return interrupted


def _end_at_last(left: list[int]) -> None:
    left[0] -= 1
    if left[0] == 0:
        raise Unreachable("the test ended it", do="try again")


@pytest.mark.parametrize("settings", [{}, BY_ADMIN], ids=["own", "admin"])
def test_a_node_that_is_down_is_named_and_nothing_is_changed(
    made: Made, settings: Mapping[str, str]
) -> None:
    secret = made(settings)
    target = target_of(secret)
    before = secret.value()
    gone = [*before["nodes"][:-1], "127.0.0.1:1"]
    secret.store({**before, "nodes": gone})
    if settings:
        admin = str(before["masterarn"])
        _store_nodes(secret, admin, gone)
    event = created(secret)
    error = failure(secret, event)
    assert isinstance(error, Unreachable)
    assert "127.0.0.1:1" in str(error)
    assert all(len(target.hashes(server)) == 1 for server in target.servers)


def _store_nodes(secret: LabSecret, arn: str, nodes: object) -> None:
    other = replace(secret, arn=arn)
    other.store({**other.value(), "nodes": nodes})


def test_an_admins_secret_that_names_other_nodes_is_refused(made: Made) -> None:
    secret = made(BY_ADMIN)
    named, arn = secret.value()["nodes"], str(secret.value()["masterarn"])
    _store_nodes(secret, arn, [])
    event, stored = secret.begin(), secret.labels()
    error = failure(secret, event, Step.CREATE)
    assert isinstance(error, TargetMismatch)
    assert error.field == "nodes"
    assert secret.labels() == stored
    _store_nodes(secret, arn, named)
    secret.steps(event)
    assert secret.target.accepts(secret.value())


def as_told(target: ValkeyTarget, told: str) -> None:
    """Give the last node the passwords that the first one shows, by the rules that it was told."""
    username = str(target.document["username"])
    assert f"ACL SETUSER {username} on resetpass #<" in told
    assert f"127.0.0.1:{target.server.port}" in told
    passwords = [f"#{each}" for each in target.hashes(target.server)]
    with target.admin(target.servers[-1]) as admin:
        target.run(admin, "ACL", "SETUSER", username, "on", "resetpass", *passwords)
        target.run(admin, "ACL", "SAVE")


def spoil(target: ValkeyTarget, *, user_too: bool = False) -> None:
    """Let the last node have another password, or no such user."""
    username = str(target.document["username"])
    with target.admin(target.servers[-1]) as admin:
        target.run(admin, "ACL", "SETUSER", username, "resetpass", f"#{'0' * 64}")
        if user_too:
            target.run(admin, "ACL", "DELUSER", username)


def test_a_node_with_another_password_is_told_in_testsecret(made: Made) -> None:
    secret = made(BY_ADMIN)
    target = target_of(secret)
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    spoil(target)
    with pytest.raises(TargetMismatch, match=f":{target.servers[-1].port}: the node does not") as e:
        secret.step(event, Step.TEST)
    told = secret.diagnose()
    assert any(str(target.servers[-1].port) in each["what"] for each in told.findings)
    as_told(target, e.value.do)
    secret.steps(event, Step.TEST, Step.FINISH)


@pytest.mark.parametrize("settings", [{}, BY_ADMIN, {**OVERLAP, **BY_ADMIN}], ids=str)
def test_a_node_with_another_password_is_told_before_anything_changes(
    made: Made, settings: Mapping[str, str]
) -> None:
    secret = made(settings)
    target = target_of(secret)
    event = created(secret)
    before = target.hashes()
    spoil(target)
    error = failure(secret, event)
    assert isinstance(error, TargetMismatch)
    assert target.hashes() == before
    as_told(target, error.do)
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
    assert secret.target.accepts(secret.value())


def test_a_node_without_the_user_is_told_before_anything_changes(made: Made) -> None:
    secret = made(BY_ADMIN)
    target = target_of(secret)
    event = created(secret)
    before = target.hashes()
    spoil(target, user_too=True)
    error = failure(secret, event)
    assert isinstance(error, TargetMismatch)
    assert "there is no such user" in str(error)
    assert target.hashes() == before
    target.make(secret.value())
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_an_admin_with_another_password_at_a_node_is_told_by_its_name(made: Made) -> None:
    secret = made(BY_ADMIN)
    target = target_of(secret)
    event = created(secret)
    last = target.servers[-1]
    admin_name, password = target.by
    with target.admin(last) as admin:
        target.run(admin, "ACL", "SETUSER", admin_name, ">another-password", f"<{password}")
        error = failure(secret, event)
        assert isinstance(error, TargetMismatch)
        assert str(error).startswith(
            f"setSecret: valkey user '{admin_name}' at 127.0.0.1:{last.port}"
        )
        target.run(admin, "ACL", "SETUSER", admin_name, f">{password}", "<another-password")
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_a_replica_is_changed_as_its_primary_is(made: Made) -> None:
    secret = made(OVERLAP)
    target = target_of(secret)
    assert secret.rotate().state == "succeeded"
    one, *others = [target.hashes(server) for server in target.servers]
    assert len(one) == 2
    assert all(each == one for each in others)


def test_errors_are_of_our_kinds(made: Made) -> None:
    secret = made({})
    secret.store({**secret.value(), "nodes": "127.0.0.1:1"})
    with pytest.raises(RotationError):
        secret.steps(secret.begin())
