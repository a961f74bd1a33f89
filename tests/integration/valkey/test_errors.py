"""What real servers refuse, and that the advice of each message helps."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from local.servers import Server
from local.servers.certificates import Authority
from local.targets import Place
from rotators.valkey.testing import ValkeyTarget, redis, valkey
from rotators.valkey.testing.server import client
from rotators.valkey.testing.users import OWN_RIGHTS, hash_of
from shared.errors import (
    Busy,
    Forbidden,
    MalformedSecret,
    Misconfigured,
    Rejected,
    Unreachable,
)
from shared.protocol.event import Step
from shared.protocol.ticket import StepTicket
from tests.integration.valkey.stage import BY_ADMIN, OVERLAP, created, failure, name, user
from tests.lab import Lab, LabSecret


@pytest.fixture(params=["valkey", "redis"])
def target(place: Place, request: pytest.FixtureRequest) -> ValkeyTarget:
    return user(place.running(valkey if request.param == "valkey" else redis))


@pytest.fixture
def secret(lab: Lab, target: ValkeyTarget) -> LabSecret:
    return lab.secret(target)


def rule(target: ValkeyTarget, *rules: str) -> None:
    """As an administrator."""
    with target.admin() as admin:
        target.run(admin, "ACL", "SETUSER", str(target.document["username"]), *rules)


@pytest.mark.parametrize("right", OWN_RIGHTS[1:])
def test_a_right_that_is_missing(secret: LabSecret, target: ValkeyTarget, right: str) -> None:
    rule(target, right.replace("+", "-"), "+acl|dryrun")  # which a diagnosis asks by
    event = created(secret)
    error = failure(secret, event)
    assert isinstance(error, Forbidden)
    assert f"ACL SETUSER {target.document['username']} " in error.do
    assert right in error.do
    assert "Forbidden" in {each["code"] for each in secret.diagnose().findings}
    rule(target, right)
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_two_passwords_take_no_right_of_their_own_so_overlap_is_never_dropped(
    lab: Lab, place: Place
) -> None:
    target = user(place.running(valkey), OVERLAP)
    secret = lab.secret(target)
    event = created(secret)
    before = target.hashes()
    rule(target, "-acl|setuser")
    assert isinstance(failure(secret, event), Forbidden)
    rule(target, "+acl|setuser")
    secret.steps(event, Step.SET)
    assert target.hashes()[:1] == before
    assert len(target.hashes()) == 2


def test_a_change_that_was_not_saved_is_saved_by_the_next_attempt(lab: Lab, own: Server) -> None:
    """With overlap too, where AWSCURRENT is accepted no more."""
    target = user(own, OVERLAP)
    secret = lab.secret(target)
    event = created(secret)
    rule(target, "resetpass", hash_of(secret.version(event["ClientRequestToken"])))
    secret.step(event, Step.SET)
    assert own.restart is not None
    own.restart()
    secret.steps(event, Step.TEST, Step.FINISH)


def test_attaching_tries_whether_the_user_may_change_itself(
    secret: LabSecret, target: ValkeyTarget
) -> None:
    rule(target, "-acl|setuser")
    before = target.hashes()
    outcome = secret.rotate(RotateImmediately=False)
    assert outcome.state == "failed"
    assert "+acl|setuser" in str(outcome.error)
    rule(target, "+acl|setuser")
    assert secret.rotate(RotateImmediately=False).state == "succeeded"
    assert target.hashes() == before


def test_a_user_that_may_do_next_to_nothing_is_tested_by_its_login(lab: Lab, place: Place) -> None:
    target = user(place.running(valkey), BY_ADMIN)
    secret = lab.secret(target)
    rule(target, "-@all", "+client|setname")
    event = secret.begin()
    secret.steps(event)
    rule(target, "+ping")
    assert target.accepts(secret.value())


def test_a_user_that_is_off(secret: LabSecret, target: ValkeyTarget) -> None:
    event = created(secret)
    rule(target, "off")
    with pytest.raises(Rejected, match="every stored password") as caught:
        secret.step(event, Step.SET)
    assert "ACL GETUSER" in str(caught.value)
    rule(target, "on")
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_a_user_that_any_password_lets_in(secret: LabSecret, target: ValkeyTarget) -> None:
    event = created(secret)
    before = target.hashes()
    rule(target, "nopass")
    with pytest.raises(Misconfigured, match="any password"):
        secret.step(event, Step.SET)
    assert "Misconfigured" in {each["code"] for each in secret.diagnose().findings}
    rule(target, "resetpass", *(f"#{each}" for each in before))
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_a_password_that_is_changed_between_login_and_change(
    secret: LabSecret, target: ValkeyTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = created(secret)

    def change(*_: object, **__: object) -> None:
        rule(target, "resetpass", f"#{'0' * 64}")

    monkeypatch.setattr(StepTicket, "ensure_still_this_rotation", change)
    with pytest.raises(Busy, match="another session changed"):
        secret.step(event, Step.SET)
    assert target.hashes() == ["0" * 64]


@pytest.fixture
def own(server_logs: Path, authority: Authority) -> Iterator[Server]:
    """A server that a test may spoil."""
    with valkey(server_logs, authority, name="own") as server:
        yield server


def test_as_many_clients_as_it_takes(lab: Lab, own: Server) -> None:
    target = user(own)
    secret = lab.secret(target)
    event = created(secret)
    with ExitStack() as stack:
        admin = stack.enter_context(target.admin())
        target.run(admin, "CONFIG", "SET", "maxclients", "1")
        with pytest.raises(Unreachable, match=r"broke|no answer"):  # over TLS it says nothing
            secret.step(event, Step.SET)
        target.run(admin, "CONFIG", "SET", "maxclients", "100")
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def is_busy(admin: Redis) -> bool:
    try:
        return not admin.ping()
    except ResponseError as error:
        return str(error).startswith("BUSY")


def test_a_server_that_is_busy_with_a_script(lab: Lab, own: Server) -> None:
    target = user(own)
    secret = lab.secret(target)
    event = created(secret)
    with ThreadPoolExecutor() as pool, target.admin() as admin, target.admin() as running:
        target.run(admin, "CONFIG", "SET", "busy-reply-threshold", "1")
        script = pool.submit(target.run, running, "EVAL", "while true do end", "0")
        while not is_busy(admin):
            pass
        try:
            with pytest.raises(Busy, match="running a script") as caught:
                secret.step(event, Step.SET)
        finally:
            target.run(admin, "SCRIPT", "KILL")
        assert "SCRIPT KILL" in caught.value.do
        with pytest.raises(ResponseError, match="killed by user"):
            script.result()
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_a_server_that_wants_a_clients_certificate(lab: Lab, own: Server) -> None:
    target = user(own)
    secret = lab.secret(target)
    event = created(secret)
    with target.admin() as admin:
        target.run(admin, "CONFIG", "SET", "tls-auth-clients", "yes")
        with pytest.raises(Misconfigured, match="certificate of its clients") as caught:
            secret.step(event, Step.SET)
        assert "tls-auth-clients" in caught.value.do
        target.run(admin, "CONFIG", "SET", "tls-auth-clients", "no")
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_a_replica_whose_primary_is_gone(lab: Lab, server_logs: Path, authority: Authority) -> None:
    settings = {"replica-serve-stale-data": "no"}
    with valkey(server_logs, authority, name="gone", settings=settings) as server:
        target = user(server)
        secret = lab.secret(target)
        event = secret.begin()
        with target.admin() as admin:
            target.run(admin, "REPLICAOF", "127.0.0.1", "1")
            # Users are each node's own, so the password changes; the proof waits for the link.
            secret.step(event, Step.CREATE)
            with pytest.raises(Unreachable, match="MASTERDOWN"):
                secret.step(event, Step.SET)
            target.run(admin, "REPLICAOF", "NO", "ONE")
        secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_a_server_that_loads_its_data(lab: Lab, server_logs: Path, authority: Authority) -> None:
    settings = {"key-load-delay": "0", "loading-process-events-interval-bytes": "1024"}
    with valkey(server_logs, authority, name="loading", settings=settings) as server:
        target = user(server)
        secret = lab.secret(target)
        event = created(secret)
        with client(server, server.admin, server.password) as admin:
            for number in range(2000):
                admin.set(f"key:{number}", "x" * 100)
            target.run(admin, "CONFIG", "SET", "key-load-delay", "20000")
            target.run(admin, "CONFIG", "REWRITE")
            target.run(admin, "SAVE")
        assert server.restart is not None
        server.restart()
        with pytest.raises(Unreachable, match="LOADING"):
            secret.step(event, Step.SET)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "an app"}, "username"),
        ({"nodes": 1}, "nodes"),
        ({"nodes": ["db:0"]}, "nodes"),
        ({"nodes": ["a b"]}, "nodes"),
        ({"persistence": "disk"}, "persistence"),
        ({"ssl": False}, "ssl"),
    ],
)
def test_a_secret_that_is_refused_before_anything_is_stored(
    lab: Lab, place: Place, fields: dict[str, object], field: str
) -> None:
    target = ValkeyTarget(place.running(valkey), name(), {"ALLOW_UNENCRYPTED": "true"})
    secret = lab.secret(target, **fields)
    event, stored = secret.begin(), secret.labels()
    with pytest.raises(MalformedSecret) as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.field == field
    assert "ALLOW_UNENCRYPTED" not in caught.value.do  # which is set
    assert secret.labels() == stored
