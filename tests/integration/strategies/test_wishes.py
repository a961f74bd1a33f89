"""What a secret asks for in `rotation`, on real servers, beside others of the same function."""

import re
import uuid
from typing import Any

import pytest

from local.servers import Server
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.errors import MalformedSecret, RejectedByPolicy, WrongStage
from shared.protocol import memory
from shared.protocol.event import Step
from tests.lab import Event, Lab, LabSecret

MYSQL = ("mariadb_server", "mysql_server")


def username() -> str:
    return f"wishes {uuid.uuid4().hex[:8]}"


def two_passwords(lab: Lab, server: Server, **asked: object) -> LabSecret:
    """Of a user that may have two, at the function that has no setting."""
    target = MySQLTarget(server, username())
    right = "CREATE USER" if server.engine == "mariadb" else "APPLICATION_PASSWORD_ADMIN"
    with target.admin() as connection, connection.cursor() as cursor:
        cursor.execute(f"GRANT {right} ON *.* TO %s@'%%'", (target.document["username"],))
    return lab.secret(target, rotation=asked)


def refused(secret: LabSecret) -> MalformedSecret:
    """createSecret fails before anything is stored."""
    before = secret.value()
    event = secret.begin()
    with pytest.raises(MalformedSecret) as caught:
        secret.step(event, Step.CREATE)
    secret.abandon(event)
    assert event["ClientRequestToken"] not in secret.accepted_versions()
    assert secret.value() == before
    return caught.value


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_of_one_function_one_secret_has_an_overlap_and_another_has_not(
    lab: Lab, server: Server
) -> None:
    asking = two_passwords(lab, server, password_overlap=True)
    declining = two_passwords(lab, server, password_overlap=False)
    assert asking.function == declining.function
    for _ in range(2):
        for secret, overlaps in ((asking, True), (declining, False)):
            before = secret.value()
            assert secret.rotate().state == "succeeded"
            assert secret.target.accepts(secret.value())
            assert secret.target.accepts(before) is overlaps
    assert asking.value()["rotation"] == {"password_overlap": True}


@pytest.mark.parametrize("server", MYSQL, indirect=True)
@pytest.mark.parametrize("warm", [True, False])
def test_a_secret_has_its_old_password_end_on_finish(
    lab: Lab, server: Server, *, warm: bool
) -> None:
    secret = two_passwords(lab, server, password_overlap=True, old_password_ends="on-finish")
    event, before = secret.begin(), secret.value()
    secret.steps(event, Step.CREATE, Step.SET, Step.TEST)
    assert secret.target.accepts(before)
    if not warm:
        memory._last.clear()  # what finishSecret finds in a process of its own
    secret.step(event, Step.FINISH)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}


def test_a_secret_has_a_short_gap_until_it_is_edited(lab: Lab, postgres_server: Server) -> None:
    secret = lab.secret(PostgresTarget(postgres_server, username()), rotation={"short_gap": True})
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
    secret.steps(event)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    secret.store({**secret.value(), "rotation": {"short_gap": False}})
    with pytest.raises(WrongStage):  # the service has given the rotation up: fact 6
        secret.step(event, Step.SET)
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    assert secret.holder("AWSCURRENT") != event["ClientRequestToken"]
    secret.steps(event, Step.TEST, Step.FINISH)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}


def test_a_function_that_forbids_it_meanwhile_ends_the_rotation_by_its_own_rules(
    lab: Lab, postgres_server: Server
) -> None:
    target = PostgresTarget(postgres_server, username())
    secret = lab.secret(target, rotation={"short_gap": True, "password_length": 40})
    event = secret.begin()
    secret.step(event, Step.CREATE)
    target.settings = {"SHORT_GAP": "false", "PASSWORD_LENGTH": "64"}
    secret = LabSecret(lab, target, secret.arn, lab.functions.add(target))
    secret.step(event, Step.SET)
    assert secret.holder("AWSCURRENT") != event["ClientRequestToken"]
    secret.steps(event, Step.TEST, Step.FINISH)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}
    error = refused(secret)
    assert (error.field, error.do.count("PASSWORD_LENGTH")) == ("rotation.password_length", 1)
    secret.store({**secret.value(), "rotation": {"password_length": 64}})
    assert secret.rotate().state == "succeeded"
    assert len(secret.value()["password"]) == 64


def test_what_an_older_version_asks_for_is_no_matter_in_a_lockout(
    lab: Lab, postgres_server: Server
) -> None:
    """A rotation was given up whose password is the one in use, and the function is stricter."""
    target = PostgresTarget(postgres_server, username())
    secret = lab.secret(target, rotation={"password_length": 40})
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    secret.abandon(event)
    target.settings = {"PASSWORD_LENGTH": "64"}
    secret = LabSecret(lab, target, secret.arn, lab.functions.add(target))
    secret.store({**secret.value(), "rotation": {}})
    assert secret.rotate().state == "succeeded"
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


@pytest.mark.parametrize(
    ("kind", "asked", "field"),
    [
        (PostgresTarget, {"password_overlap": True}, "rotation.password_overlap"),  # it has none
        (PostgresAlternatingTarget, {"short_gap": True}, "rotation.short_gap"),  # nor has that
        (PostgresAlternatingTarget, {"password_length": 8}, "rotation.password_length"),
        (PostgresTarget, {"allow_unencrypted": True}, "rotation.allow_unencrypted"),
        (PostgresTarget, {"short_gap": "canary"}, "rotation.short_gap"),
        (PostgresTarget, {"nonsense": 1}, "rotation.nonsense"),
    ],
)
def test_a_secret_that_is_only_tested_is_told_what_it_may_not_ask_for(
    lab: Lab,
    postgres_server: Server,
    kind: type[PostgresTarget],
    asked: dict[str, Any],
    field: str,
) -> None:
    secret = lab.secret(kind(postgres_server, username()), rotation=asked)
    before = secret.value()
    outcome = secret.rotate(RotateImmediately=False)
    assert outcome.state == "failed"
    assert f"'{field}'" in str(outcome.error)
    assert "canary" not in str(outcome.error)
    assert refused(secret).field == field
    assert secret.value() == before
    secret.store({**before, "rotation": {"password_length": 40}})
    assert secret.rotate(RotateImmediately=False).state == "succeeded"


def test_what_the_servers_rules_want_the_secret_asks_for_as_it_is_told(
    lab: Lab, mysql_server: Server
) -> None:
    """The operator does what each error says, in the secret alone."""
    target = MySQLTarget(mysql_server, username())
    secret = lab.secret(target)
    with target.admin() as connection, connection.cursor() as cursor:
        cursor.execute("INSTALL COMPONENT 'file://component_validate_password'")
        try:
            cursor.execute("SET GLOBAL validate_password.special_char_count = 40")
            wanted = set_secret_fails(secret)
            assert "PASSWORD_LENGTH to be 43 or more" in wanted
            assert "in small letters in 'rotation' of the secret" in wanted
            asked = {"password_length": 43}
            secret.store({**secret.value(), "rotation": asked})
            wanted = set_secret_fails(secret)
            assert "MINIMUM_PUNCTUATION to be 40 or more" in wanted
            assert "set MINIMUM_PUNCTUATION" in wanted
            asked["minimum_punctuation"] = 40
            secret.store({**secret.value(), "rotation": asked})
            longer = refused(secret)
            assert longer.field == "rotation.password_length"
            found = re.search(r"ask for a password_length of (\d+)", longer.do)
            assert found
            asked["password_length"] = int(found[1])
            secret.store({**secret.value(), "rotation": asked})
            outcome = secret.rotate()
        finally:
            cursor.execute("UNINSTALL COMPONENT 'file://component_validate_password'")
    assert outcome.state == "succeeded", outcome.error
    assert secret.accepted_versions() == {outcome.version_id}


def set_secret_fails(secret: LabSecret) -> str:
    """By the server's rules for passwords."""
    event: Event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(RejectedByPolicy) as caught:
        secret.step(event, Step.SET)
    return str(caught.value)
