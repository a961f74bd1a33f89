"""What AlternatingUsers does besides the rotation itself: whose admin, who proves, what heals."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from local.servers import Server
from rotators.mysql.testing import MySQLAlternatingTarget
from rotators.postgres.testing import PostgresAlternatingTarget
from shared.errors import MalformedSecret, Rejected, TargetMismatch, WrongStage
from shared.protocol.event import Step
from shared.strategies import AlternatingUsers
from shared.strategies.admins import Admins
from tests.engines import ALTERNATING, change_by_hand
from tests.lab import Lab, LabSecret

EVERY = ("postgres_server", "mariadb_server", "mysql_server")


@pytest.fixture
def secret(lab: Lab, request: pytest.FixtureRequest) -> LabSecret:
    server: Server = request.getfixturevalue(request.param)
    kind = ALTERNATING[server.engine]
    return lab.secret(kind(server, f"turns {uuid.uuid4().hex[:8]}"))


def lock_out(secret: LabSecret) -> None:
    """Somebody gives the current user a password that is in no secret."""
    assert isinstance(secret.target, PostgresAlternatingTarget | MySQLAlternatingTarget)
    change_by_hand(secret.target, "in no secret", secret.value()["username"])


@pytest.mark.parametrize("secret", EVERY, indirect=True)
def test_where_the_current_user_is_not_let_in_the_other_one_takes_over(
    secret: LabSecret, output: Callable[[], str]
) -> None:
    assert secret.rotate().state == "succeeded"
    lock_out(secret)
    assert secret.accepted_versions() == {secret.holder("AWSPREVIOUS")}
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert secret.target.accepts(secret.value())
    assert "the current user is not let in: the other one takes over" in output()
    assert secret.rotate().state == "succeeded"
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT"), secret.holder("AWSPREVIOUS")}


@pytest.mark.parametrize("secret", EVERY, indirect=True)
def test_where_no_stored_password_works_the_admin_changes_nothing(secret: LabSecret) -> None:
    lock_out(secret)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Rejected, match="every stored password"):
        secret.step(event, Step.SET)
    assert not secret.accepted_versions()


@pytest.mark.parametrize("secret", EVERY, indirect=True)
def test_a_copy_of_setsecret_that_comes_after_the_rotation_has_nothing_to_do(
    secret: LabSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = secret.begin()
    secret.step(event, Step.CREATE)
    real = AlternatingUsers.install
    done: list[bool] = []

    def install(self: AlternatingUsers, *arguments: Any) -> None:  # noqa: ANN401 - passed on
        if not done:
            done.append(True)
            secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
        real(self, *arguments)

    monkeypatch.setattr(AlternatingUsers, "install", install)
    secret.step(event, Step.SET)
    assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT"), secret.holder("AWSPREVIOUS")}


@pytest.mark.parametrize("secret", EVERY, indirect=True)
def test_a_copy_that_was_held_up_until_its_rotation_was_given_up_changes_nothing(
    secret: LabSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.protocol.ticket.FRESH_SECONDS", 0)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    real = Admins.login
    held_up: list[bool] = []

    def login(self: Admins[Any], *arguments: Any) -> object:  # noqa: ANN401 - passed on
        if not held_up:
            held_up.append(True)
            secret.abandon(event)
            assert secret.rotate().state == "succeeded"
        return real(self, *arguments)

    monkeypatch.setattr(Admins, "login", login)
    with pytest.raises(WrongStage):
        secret.step(event, Step.SET)
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT"), secret.holder("AWSPREVIOUS")}


# --- the admin ---


@pytest.mark.parametrize("field", ["host", "port"])
@pytest.mark.parametrize("secret", EVERY, indirect=True)
def test_an_admin_of_another_server_is_not_used(secret: LabSecret, field: str) -> None:
    arn = secret.value()["masterarn"]
    client = secret.lab.client
    admin = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    other = {"host": "another.example.org", "port": 1}
    text = json.dumps({**admin, field: other[field]})
    client.put_secret_value(SecretId=arn, SecretString=text)
    event = secret.begin()
    with pytest.raises(TargetMismatch) as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.field == "masterarn"
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


@pytest.mark.parametrize("secret", EVERY, indirect=True)
def test_an_admin_that_rds_manages_is_where_rds_says(
    secret: LabSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = secret.value()
    arn, client = here["masterarn"], secret.lab.client
    admin = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    kept = {key: admin[key] for key in ("username", "password")}
    client.put_secret_value(SecretId=arn, SecretString=json.dumps(kept))
    tag = ("aws:rds:primaryDBInstanceArn", "arn:aws:rds:us-east-1:123456789012:db:main")
    # RDS gives its secrets this tag; the API takes from nobody a key that begins with aws:.
    service = secret.lab.service
    service._regions[service.region].state.find({"SecretId": arn}).tags = dict([tag])
    asked = []

    def address(_self: object, tags: dict[str, str]) -> tuple[str, int]:
        asked.append(tags)
        return str(here["host"]), int(here["port"])

    # RDS itself is asked in tests/unit/shared/aws/test_rds.py; its hosts are not on loopback.
    monkeypatch.setattr("shared.aws.rds.Rds.address", address)
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert asked == [dict([tag])] * 2  # createSecret judges what setSecret uses


@pytest.mark.parametrize("secret", ["postgres_server"], indirect=True)
def test_a_masterarn_that_was_corrected_is_the_one_that_counts(secret: LabSecret) -> None:
    good = secret.value()
    secret.store({**good, "masterarn": good["masterarn"] + "x"})
    given_up = secret.begin()
    with pytest.raises(MalformedSecret) as caught:
        secret.step(given_up, Step.CREATE)
    assert caught.value.field == "masterarn"
    secret.abandon(given_up)
    secret.store(good)
    assert secret.rotate().state == "succeeded"


def test_a_name_that_leaves_no_room_for_the_clones_is_refused_before_anything(
    lab: Lab, postgres_server: Server
) -> None:
    name = uuid.uuid4().hex.ljust(58, "x")
    secret = lab.secret(PostgresAlternatingTarget(postgres_server, name))
    event = secret.begin()
    with pytest.raises(MalformedSecret, match="longer than 63"):
        secret.step(event, Step.CREATE)
    assert event["ClientRequestToken"] not in secret.accepted_versions()


def test_a_clone_of_a_clone_does_not_lead_on_to_a_third_user(
    lab: Lab, postgres_server: Server
) -> None:
    name = f"victim_{uuid.uuid4().hex[:8]}_clone_clone"
    secret = lab.secret(PostgresAlternatingTarget(postgres_server, name))
    with pytest.raises(MalformedSecret, match="twice"):
        secret.step(secret.begin(), Step.CREATE)
