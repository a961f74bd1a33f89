"""A reset: with the word of the admin's keeper a rotation goes on from no accepted credential."""

import hashlib
import uuid

import pytest

from local.servers import Server
from rotators.postgres.testing import PostgresTarget
from shared.errors import Rejected, TargetMismatch
from shared.protocol.event import Step
from tests.engines import ALTERNATING, SINGLE, change_by_hand
from tests.keeper import allow, offered
from tests.lab import Lab

SERVERS = pytest.mark.parametrize(
    "server", ["postgres_server", "mariadb_server", "mysql_server"], indirect=True
)
BY_ADMIN = {"ADMIN_SETS_PASSWORD": "true"}


def username() -> str:
    return f"reset {uuid.uuid4().hex[:8]}"


@SERVERS
def test_a_single_user_gets_the_pending_password_once(
    lab: Lab, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    target = SINGLE[server.engine](server, username(), BY_ADMIN)
    secret = lab.secret(target)
    change_by_hand(target, "nobody stored this")
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Rejected):
        secret.step(event, Step.SET)
    assert secret.accepted_versions() == set()
    reset = offered(secret)
    assert str(target.document["username"]) in reset["subject"]
    allow(secret, event, reset)
    secret.steps(event)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}
    assert "as the admin's secret allows a reset" in caplog.text
    change_by_hand(target, "nor this")
    again = secret.begin()
    with pytest.raises(Rejected):  # the word was for that rotation
        secret.steps(again)


@SERVERS
def test_of_a_pair_the_current_user_gets_its_password_back(lab: Lab, server: Server) -> None:
    target = ALTERNATING[server.engine](server, username())
    secret = lab.secret(target)
    secret.steps(secret.begin())
    original = str(target.document["username"])
    for each in (original, f"{original}_clone"):
        change_by_hand(target, "nobody stored this", each)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Rejected):
        secret.step(event, Step.SET)
    reset = offered(secret)
    assert repr(original) in reset["subject"]
    allow(secret, event, reset)
    secret.steps(event)
    assert target.accepts(secret.value())
    assert target.accepts(secret.value("AWSPREVIOUS"))
    secret.steps(secret.begin())  # and they go on taking turns


def test_the_word_is_for_one_rotation_one_secret_and_one_user(
    lab: Lab, postgres_server: Server
) -> None:
    target = PostgresTarget(postgres_server, username(), BY_ADMIN)
    secret = lab.secret(target)
    change_by_hand(target, "nobody stored this")
    victim = PostgresTarget(postgres_server, username())
    event = secret.begin()
    secret.step(event, Step.CREATE)
    reset = offered(secret)
    other = hashlib.sha256(f"{secret.arn}x".encode()).hexdigest()[:16]
    of_user = hashlib.sha256(str(victim.document["username"]).encode()).hexdigest()[:16]
    for wrong in ({"tag": f"rotation:reset:{other}"}, {"proof": of_user}, {"proof": ""}):
        allow(secret, event, {**reset, **wrong})
        with pytest.raises(Rejected):
            secret.step(event, Step.SET)
    allow(secret, {"ClientRequestToken": str(uuid.uuid4())}, reset)
    with pytest.raises(Rejected):
        secret.step(event, Step.SET)
    # Who may write the secret names another user, of whom the keeper has said nothing.
    secret.store({**secret.value(), "username": str(victim.document["username"]), "password": "?"})
    renamed = secret.begin()
    secret.step(renamed, Step.CREATE)
    allow(secret, renamed, reset)
    with pytest.raises(Rejected):
        secret.step(renamed, Step.SET)
    assert victim.accepts(victim.document)


def test_a_user_that_is_not_there_is_told(lab: Lab, postgres_server: Server) -> None:
    target = PostgresTarget(postgres_server, username(), BY_ADMIN)
    secret = lab.secret(target)
    secret.store({**secret.value(), "username": username()})
    event = secret.begin()
    secret.step(event, Step.CREATE)
    allow(secret, event, offered(secret))
    with pytest.raises(TargetMismatch, match="there is no such user"):
        secret.step(event, Step.SET)
