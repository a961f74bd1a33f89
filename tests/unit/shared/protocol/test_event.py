from typing import Any

import pytest

from shared.errors import InvalidEvent
from shared.protocol.event import RotationRequest, Step

GOOD = {
    "Step": "createSecret",
    "SecretId": "arn:aws:secretsmanager:us-east-1:123456789012:secret:demo-AbCdEf",
    "ClientRequestToken": "8f3f6f3e-4f0a-4f4e-9d2a-0123456789ab",
    "RotationToken": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
}


def test_the_services_event_is_read_whole() -> None:
    request = RotationRequest.from_event(GOOD)
    assert request.step is Step.CREATE
    assert (request.secret_id, request.token) == (GOOD["SecretId"], GOOD["ClientRequestToken"])
    assert request.rotation_token is not None
    assert request.rotation_token.reveal() == GOOD["RotationToken"]
    assert GOOD["RotationToken"] not in repr(request)


@pytest.mark.parametrize("step", list(Step))
def test_every_step_has_aws_name(step: Step) -> None:
    assert RotationRequest.from_event({**GOOD, "Step": step.value}).step is step


def test_without_a_rotation_token_as_a_person_sends_it() -> None:
    event = {key: value for key, value in GOOD.items() if key != "RotationToken"}
    assert RotationRequest.from_event(event).rotation_token is None


def test_fields_the_service_may_add_later_do_no_harm() -> None:
    assert RotationRequest.from_event({**GOOD, "New": 1}) == RotationRequest.from_event(GOOD)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"Step": "dropSecret"}, "Step"),
        ({"Step": None}, "Step"),
        ({"Step": ["createSecret"]}, "Step"),
        ({"Step": "CREATESECRET"}, "Step"),
        ({"SecretId": None}, "SecretId"),
        ({"SecretId": ""}, "SecretId"),
        ({"SecretId": 7}, "SecretId"),
        ({"ClientRequestToken": None}, "ClientRequestToken"),
        ({"ClientRequestToken": "short"}, "ClientRequestToken"),
        ({"ClientRequestToken": "x" * 65}, "ClientRequestToken"),
        ({"RotationToken": "canary"}, "RotationToken"),
        ({"RotationToken": "canary " * 8}, "RotationToken"),
    ],
)
def test_a_wrong_field_is_named_and_not_quoted(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidEvent, match=f"'{field}'") as caught:
        RotationRequest.from_event({**GOOD, **change})
    assert caught.value.field == field
    assert "events/" in caught.value.do
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("event", [None, [], "createSecret", 3])
def test_an_event_that_is_no_object_is_refused(event: object) -> None:
    with pytest.raises(InvalidEvent, match="not a JSON object"):
        RotationRequest.from_event(event)
