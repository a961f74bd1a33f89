"""A reset: with the word of the admin's keeper a rotation goes on from no accepted credential."""

import hashlib
import json
import uuid

import pytest

from local.servers import Server
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from shared.errors import LockedOut, Rejected, TargetMismatch
from shared.protocol.event import Step
from tests.engines import ALTERNATING, SINGLE, change_by_hand
from tests.integration.advice import statements_in
from tests.keeper import allow, offered
from tests.lab import Lab

SERVERS = pytest.mark.parametrize(
    "server", ["postgres_server", "mariadb_server", "mysql_server"], indirect=True
)
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
BY_ADMIN = {"ADMIN_SETS_PASSWORD": "true"}


def username() -> str:
    return f"reset {uuid.uuid4().hex[:8]}"


def run_advice(target: PostgresTarget | MySQLTarget, advice: str) -> None:
    statements = statements_in(advice)
    assert statements
    with target.admin() as admin, admin.cursor() as cursor:
        for each in statements:
            cursor.execute(each)


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
    original, current = str(target.document["username"]), str(secret.value()["username"])
    for each in (original, f"{original}_clone"):
        change_by_hand(target, "nobody stored this", each)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Rejected):
        secret.step(event, Step.SET)
    reset = offered(secret)
    assert repr(current) in reset["subject"]
    allow(secret, event, reset)
    secret.steps(event)
    assert target.accepts(secret.value())
    assert target.accepts(secret.value("AWSPREVIOUS"))
    secret.steps(secret.begin())  # and they go on taking turns


@SERVERS
def test_of_what_only_looks_like_a_pair_nobody_is_reset(lab: Lab, server: Server) -> None:
    """Whoever may write the secret chooses the password of the user in AWSCURRENT."""
    target = ALTERNATING[server.engine](server, username())
    twins = f"{target.document['username']}_clone"
    victim = SINGLE[server.engine](server, twins)
    secret = lab.secret(target)
    secret.store({**secret.value(), "username": twins, "password": "of whoever wrote this"})
    change_by_hand(target, "nobody stored this")
    event = secret.begin()
    secret.step(event, Step.CREATE)
    allow(secret, event, offered(secret))
    with pytest.raises(TargetMismatch) as caught:
        secret.step(event, Step.SET)
    assert victim.accepts(victim.document)
    run_advice(target, caught.value.do)
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
    assert target.accepts(secret.value())


def test_the_word_is_for_one_rotation_one_secret_and_one_user(
    lab: Lab, postgres_server: Server
) -> None:
    target = PostgresTarget(postgres_server, username(), BY_ADMIN)
    secret = lab.secret(target)
    change_by_hand(target, "nobody stored this")
    twins = f"{target.document['username']}_clone"  # the one that only looks like its twin
    victim = PostgresTarget(postgres_server, twins)
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
    assert repr(twins) in offered(secret)["subject"]
    allow(secret, renamed, reset)
    with pytest.raises(Rejected):
        secret.step(renamed, Step.SET)
    assert victim.accepts(victim.document)


def test_an_admins_secret_that_cannot_be_looked_at_hides_no_refusal(
    lab: Lab, postgres_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    target = PostgresTarget(postgres_server, username())
    change_by_hand(target, "nobody stored this")
    slip, gone = "a value by a slip", f"{ARN}gone-AbCdEf"
    for admin in (slip, gone):
        secret = lab.secret(target, masterarn=admin)
        answer = secret.diagnose_alone().answer
        assert "reset" not in answer
        assert slip not in json.dumps(answer)
        event = secret.begin()
        secret.step(event, Step.CREATE)
        with pytest.raises(Rejected, match="rejected every stored password") as caught:
            secret.step(event, Step.SET)
        assert "store that one with PutSecretValue" in caught.value.do
        assert ("for a reset by the admin: " in caught.value.do) is (admin == gone)
        assert caught.value.__context__ is None
    assert slip not in caplog.text


def test_a_user_that_is_not_there_is_told(lab: Lab, postgres_server: Server) -> None:
    target = PostgresTarget(postgres_server, username(), BY_ADMIN)
    secret = lab.secret(target)
    secret.store({**secret.value(), "username": username()})
    event = secret.begin()
    secret.step(event, Step.CREATE)
    allow(secret, event, offered(secret))
    with pytest.raises(TargetMismatch, match="there is no such user"):
        secret.step(event, Step.SET)


@pytest.mark.parametrize("server", ["mariadb_server", "mysql_server"], indirect=True)
def test_a_locked_account_is_told_with_the_sql_that_unlocks_it(lab: Lab, server: Server) -> None:
    target = MySQLTarget(server, username(), BY_ADMIN)
    secret = lab.secret(target)
    change_by_hand(target, "nobody stored this")
    target._run("ALTER USER %s@'%%' ACCOUNT LOCK", target.document["username"])
    event = secret.begin()
    secret.step(event, Step.CREATE)
    allow(secret, event, offered(secret))
    with pytest.raises(LockedOut, match="is locked") as caught:
        secret.step(event, Step.SET)
    run_advice(target, caught.value.do)
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
    assert target.accepts(secret.value())
