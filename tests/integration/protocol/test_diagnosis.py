"""What a function answers an operator's `diagnose`, whatever its target: the machine's side."""

import json
import uuid
from typing import Any

import pytest

from local import template
from local.servers import Server
from rotators.postgres.testing import PostgresTarget
from shared.errors import InvalidEvent, Unexpected
from shared.protocol import memory
from shared.protocol.event import Step
from shared.strategies import SingleUser
from tests.engines import change_by_hand
from tests.fake_servers import fake_server, silent
from tests.lab import Lab, LabSecret

DENIED = "AccessDeniedException"


@pytest.fixture
def secret(lab: Lab, postgres_server: Server) -> LabSecret:
    return lab.secret(PostgresTarget(postgres_server, f"told {uuid.uuid4().hex[:8]}"))


def test_a_function_that_cannot_be_made_is_a_finding(secret: LabSecret) -> None:
    for variable, value in {"PASSWORD_LENGTH": "none", "LOG_LEVEL": "loud"}.items():
        handler = template.handler(secret.function, {variable: value})
        told = secret.diagnose(handler)
        assert told.bad == [("function", "broken", "", "Misconfigured")]
        assert told.findings[0]["field"] == variable
        assert told.answer["backend"] == "single_user"  # as a log line has it


@pytest.mark.parametrize(
    ("refused", "bad"),
    [
        ("DescribeSecret", [("value", "broken", "", "Forbidden")]),
        ("ListSecretVersionIds", [("value", "broken", "", "Forbidden")]),
        ("GetSecretValue", [("value", "broken", "AWSCURRENT", "Forbidden")]),
    ],
)
def test_what_aws_denies_is_a_finding_and_the_rest_is_looked_at(
    secret: LabSecret, refused: str, bad: list[tuple[str, ...]]
) -> None:
    secret.lab.service.settings.refused = {refused: DENIED}
    told = secret.diagnose_alone()
    assert told.bad == bad
    (broken,) = (each for each in told.findings if each["state"] == "broken")
    assert f"secretsmanager:{refused}" in broken["what"]
    assert (told.state_of_login("AWSCURRENT") == "ok") is (refused != "GetSecretValue")


def test_a_key_of_kms_that_cannot_be_used_is_told_as_that(secret: LabSecret) -> None:
    secret.lab.service.settings.refused = {"GetSecretValue": "DecryptionFailure"}
    finding = secret.diagnose_alone().of("value", "AWSCURRENT")
    assert (finding["state"], finding["code"]) == ("broken", "Forbidden")
    assert "KMS key" in finding["what"]


def test_a_secret_that_is_not_there_or_deleted_is_a_finding(secret: LabSecret) -> None:
    secret.lab.client.delete_secret(SecretId=secret.arn)
    told = secret.diagnose_alone()
    assert {each[3] for each in told.bad} == {"InvalidEvent"}
    assert "RestoreSecret" in told.findings[1]["do"]


def test_each_version_is_told_by_its_field_and_passed_over_where_a_rotation_does(
    secret: LabSecret,
) -> None:
    good = secret.value()
    secret.store({"user": "app", "pw": "x"})
    secret.store(good)  # the odd one is AWSPREVIOUS now
    previous = secret.diagnose().of("value", "AWSPREVIOUS")
    assert (previous["state"], previous["code"]) == ("warning", "MalformedSecret")
    secret.store({**good, "port": "none"})
    told = secret.diagnose()
    current = told.of("value", "AWSCURRENT")
    assert (current["state"], current["field"]) == ("broken", "port")
    # What is current cannot be used, and what was is: whoever mends it has to know.
    assert told.state_of_login("AWSPREVIOUS") == "ok"


def test_no_odd_value_comes_back(secret: LabSecret) -> None:
    """LabSecret.diagnose looks for each."""
    good = secret.value()
    for field in ("username", "password", "host", "port", "engine", "masterarn", "tls_host", "ssl"):
        odd = f"odd-{uuid.uuid4().hex}"
        for value in (odd, [odd], {"value": odd}, f"{odd}\0", f"https://{odd}@x"):
            secret.store({**good, field: value})
            told = secret.diagnose()
            if field == "password":
                assert odd not in json.dumps(told.answer)
            assert told.answer["complete"]


def test_what_a_secret_asks_for_beyond_what_it_may_is_told(secret: LabSecret) -> None:
    secret.store({**secret.value(), "rotation": {"password_length": 3}})
    told = secret.diagnose()
    assert [each[:3] for each in told.bad] == [("value", "broken", "AWSCURRENT")]
    assert told.state_of_login("AWSCURRENT") == "ok"


def test_a_field_is_called_as_the_secret_calls_it(secret: LabSecret) -> None:
    fields = {"password": "PGPASSWORD", "username": "PGUSER"}
    value = {fields.get(name, name): value for name, value in secret.value().items()}
    secret.store({**value, "PGPASSWORD": "wrong", "rotation": {"fields": fields}})
    login = secret.diagnose().of("login", "AWSCURRENT")
    assert (login["state"], login["field"]) == ("broken", "PGPASSWORD")


def test_rotation_that_is_off_is_no_obstacle(secret: LabSecret) -> None:
    secret.rotate()
    secret.lab.client.cancel_rotate_secret(SecretId=secret.arn)
    assert secret.diagnose().bad == []


def test_a_version_without_a_value_is_told(secret: LabSecret) -> None:
    secret.begin()
    told = secret.diagnose()
    assert told.bad == [("value", "warning", "AWSPENDING", "")]
    assert told.state_of_login("AWSCURRENT") == "ok"


def test_where_the_time_ends_what_was_seen_is_told_and_at_which_link(secret: LabSecret) -> None:
    with fake_server(silent) as other:
        secret.store({**secret.value(), "port": other.port})
        told = secret.diagnose(timeout=1.5)
        assert not told.answer["complete"]
        assert told.of("value", "AWSCURRENT")["state"] == "ok"
        last = told.findings[-1]
        assert (last["link"], last["state"], last["retryable"]) == ("login", "unknown", True)
        assert "time was over" in last["what"]


def test_a_defect_is_a_defect(secret: LabSecret, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: object) -> None:
        raise ValueError(secret.value()["password"])

    monkeypatch.setattr(SingleUser, "check_rights", defect)
    with pytest.raises(Unexpected) as caught:
        secret.diagnose()
    assert str(secret.value()["password"]) not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_memory_of_a_rotation_is_neither_used_nor_changed(
    lab: Lab, postgres_server: Server
) -> None:
    """The admin's password is another one by now; a step believes what it has read before."""
    by_admin = {"ADMIN_SETS_PASSWORD": "true"}
    target = PostgresTarget(postgres_server, f"told {uuid.uuid4().hex[:8]}", by_admin)
    secret = lab.secret(target)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    remembered = memory._last[0]
    arn = str(secret.value()["masterarn"])
    assert arn in remembered.secrets
    admin = json.loads(lab.client.get_secret_value(SecretId=arn)["SecretString"])
    wrong = json.dumps({**admin, "password": "changed meanwhile"})
    lab.client.put_secret_value(SecretId=arn, SecretString=wrong)
    assert ("admin", "broken", "", "Rejected") in secret.diagnose().bad
    lab.client.put_secret_value(SecretId=arn, SecretString=json.dumps(admin))
    assert memory._last == [remembered]
    assert "password" not in repr(remembered.notes)
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_nothing_of_secrets_managers_events_goes_with_it(secret: LabSecret) -> None:
    event: dict[str, Any] = secret.begin()
    handler = secret.lab.functions.handler(secret.function)
    for more in (event, {"RotationToken": event["RotationToken"]}, {"VersionId": "x" * 32}):
        with pytest.raises(InvalidEvent):
            handler({**more, "SecretId": secret.arn, "Step": "diagnose"}, secret.context())
    of_no_form: tuple[object, ...] = ([], {}, 3)
    for step in of_no_form:
        with pytest.raises(InvalidEvent, match="'Step'"):
            handler({**event, "Step": step}, secret.context())


def test_a_server_that_lets_nobody_in_is_told_by_what_it_says(secret: LabSecret) -> None:
    assert isinstance(secret.target, PostgresTarget)
    change_by_hand(secret.target, "in no secret")
    told = secret.diagnose()
    assert [each[:3] for each in told.bad] == [
        ("login", "broken", "AWSCURRENT"),
        ("login", "broken", ""),
    ]
    assert "store that one with PutSecretValue" in told.of("login")["do"]
    secret.store({**secret.value(), "password": "in no secret"})  # as it says
    assert secret.diagnose().bad == []
    assert secret.rotate().state == "succeeded"
