"""Events that must be refused, by the real handler against the local Secrets Manager."""

import json
import uuid
from typing import Any

import pytest

from local.servers import Server
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from rotators.postgres.testing import PostgresTarget
from shared.errors import InvalidEvent, MalformedSecret, Misconfigured, RotationError, WrongStage
from shared.protocol.event import Step
from tests.lab import Lab, LabSecret


@pytest.fixture
def secret(lab: Lab, demo_issuer: Issuer) -> LabSecret:
    return lab.secret(IssuerTarget(demo_issuer))


def assert_event_refused(
    secret: LabSecret, event: dict[str, Any], kind: type[RotationError]
) -> RotationError:
    """The event is refused like this; neither labels nor target change."""
    before = secret.labels(), secret.accepted_versions()
    with pytest.raises(kind) as caught:
        secret.step(event, Step(event.pop("Step", "createSecret")))
    assert (secret.labels(), secret.accepted_versions()) == before
    assert caught.value.do
    return caught.value


@pytest.mark.parametrize("missing", ["SecretId", "ClientRequestToken"])
def test_a_missing_field(secret: LabSecret, missing: str) -> None:
    event = {key: value for key, value in secret.begin().items() if key != missing}
    assert assert_event_refused(secret, event, InvalidEvent).field == missing


def test_a_secret_that_is_not_there(secret: LabSecret) -> None:
    event = {**secret.begin(), "SecretId": secret.arn + "x"}
    error = assert_event_refused(secret, event, InvalidEvent)
    assert error.field == "SecretId"
    assert "check that the secret exists" in error.do


@pytest.mark.parametrize("step", list(Step))
def test_fact_16_a_deleted_secret(secret: LabSecret, step: Step) -> None:
    event = secret.begin()
    secret.lab.client.delete_secret(SecretId=secret.arn)
    with pytest.raises(InvalidEvent, match="scheduled for deletion") as caught:
        secret.step(event, step)
    assert "RestoreSecret" in caught.value.do
    secret.lab.client.restore_secret(SecretId=secret.arn)
    assert secret.target.accepts(secret.value())


def test_fact_14_a_secret_that_never_rotated(secret: LabSecret) -> None:
    event = {"SecretId": secret.arn, "ClientRequestToken": str(uuid.uuid4())}
    error = assert_event_refused(secret, event, Misconfigured)
    assert error.field == "RotationEnabled"


def test_rotation_switched_off(secret: LabSecret) -> None:
    event = secret.begin()
    secret.lab.client.cancel_rotate_secret(SecretId=secret.arn)
    assert assert_event_refused(secret, event, Misconfigured).field == "RotationEnabled"


@pytest.mark.parametrize("step", list(Step))
def test_a_token_of_the_previous_version(secret: LabSecret, step: Step) -> None:
    first = secret.holder("AWSCURRENT")
    secret.rotate()
    assert secret.labels()[str(first)] == {"AWSPREVIOUS"}
    event = {"SecretId": secret.arn, "ClientRequestToken": str(first), "Step": step.value}
    assert assert_event_refused(secret, event, WrongStage).field == "ClientRequestToken"


@pytest.mark.parametrize("step", list(Step))
def test_a_token_of_the_current_version_is_done_already(secret: LabSecret, step: Step) -> None:
    secret.rotate()
    before = secret.labels(), secret.accepted_versions()
    event = {"SecretId": secret.arn, "ClientRequestToken": str(secret.holder("AWSCURRENT"))}
    secret.step(event, step)
    assert (secret.labels(), secret.accepted_versions()) == before


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"SecretBinary": b"canary"}, "SecretBinary"),
        ({"SecretString": "canary"}, "SecretString"),
        ({"SecretString": '["canary"]'}, "SecretString"),
        ({"SecretString": '{"username": "canary"'}, "SecretString"),
        ({"SecretString": json.dumps({"host": "canary"})}, "username"),
        ({"SecretString": json.dumps({"engine": "mysql", "host": "canary"})}, "engine"),
        ({"SecretString": json.dumps({"engine": 7, "host": "canary"})}, "engine"),
    ],
)
def test_a_value_that_is_no_login(
    lab: Lab, postgres_server: Server, value: dict[str, Any], field: str
) -> None:
    target = PostgresTarget(postgres_server, f"bad_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    lab.client.put_secret_value(SecretId=secret.arn, **value)
    event = secret.begin()
    before = secret.labels()
    with pytest.raises(RotationError) as caught:
        secret.step(event, Step.CREATE)
    assert not isinstance(caught.value, InvalidEvent)
    assert caught.value.field == field
    assert "canary" not in str(caught.value)
    assert secret.labels() == before
    assert target.accepts(target.document)


@pytest.mark.parametrize("field", ["username", "password", "host"])
def test_a_missing_or_wrong_field_of_a_login(lab: Lab, postgres_server: Server, field: str) -> None:
    target = PostgresTarget(postgres_server, f"bad_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    for wrong in (None, 7, "", ["canary"]):
        secret.store({**target.document, field: wrong})
        with pytest.raises(MalformedSecret, match=f"'{field}'") as caught:
            secret.step(secret.begin(), Step.CREATE)
        assert "canary" not in str(caught.value)
    assert target.accepts(target.document)
