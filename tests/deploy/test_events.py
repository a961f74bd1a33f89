"""The events for `sam local invoke`: what Secrets Manager sends, for every function and step."""

import json
import re
from pathlib import Path

import pytest

from local import template
from local.build import artifacts
from shared.protocol.event import RotationRequest

EVENTS = artifacts.ROOT / "events"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FUNCTIONS = tuple(template.functions())
ARN = r"arn:aws:secretsmanager:us-east-1:123456789012:secret:demo/[a-z-]+-[A-Za-z0-9]{6}"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def event(function: str, step: str) -> dict[str, str]:
    read: dict[str, str] = json.loads((EVENTS / function / f"{step}.json").read_text())
    return read


def test_there_is_one_file_for_each_step_of_each_function_and_no_other() -> None:
    found = {path.relative_to(EVENTS) for path in EVENTS.rglob("*") if path.is_file()}
    assert found == {Path(name, f"{step}.json") for name in FUNCTIONS for step in STEPS}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_event_is_what_secrets_manager_sends(function: str, step: str) -> None:
    sent = event(function, step)
    assert list(sent) == ["Step", "SecretId", "ClientRequestToken", "RotationToken"]
    assert sent["Step"] == step
    assert re.fullmatch(ARN, sent["SecretId"])
    assert re.fullmatch(UUID, sent["ClientRequestToken"])
    assert re.fullmatch(r"[a-zA-Z0-9-]{36,256}", sent["RotationToken"])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_functions_accept_it(function: str, step: str) -> None:
    assert RotationRequest.from_event(event(function, step)).step.value == step


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_four_events_are_one_rotation_of_one_secret(function: str) -> None:
    rotations = {
        tuple(value for key, value in event(function, step).items() if key != "Step")
        for step in STEPS
    }
    assert len(rotations) == 1


def test_functions_share_neither_secret_nor_token() -> None:
    for key in ("SecretId", "ClientRequestToken", "RotationToken"):
        assert len({event(function, "setSecret")[key] for function in FUNCTIONS}) == len(FUNCTIONS)
