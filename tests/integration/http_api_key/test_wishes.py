"""What the secret of a key asks for in `rotation`, by the way in which its next key comes about."""

from typing import Any

import pytest

from shared.errors import MalformedSecret
from shared.protocol import memory
from shared.protocol.event import Step
from tests.issuers.described import BESIDE, CHOSEN, EXAMPLES, REPLACED, SLOTS, Make
from tests.lab import LabSecret


def asking(make: Make, way: str, asked: dict[str, Any], **settings: str) -> LabSecret:
    return make({**EXAMPLES[way][0], "rotation": asked}, **settings)


@pytest.mark.parametrize("way", [BESIDE, SLOTS])
@pytest.mark.parametrize("warm", [True, False])
@pytest.mark.parametrize("asked", [{"old_key_ends": "on-finish"}, {}])
def test_a_secret_has_its_old_key_end_on_finish(
    make: Make, way: str, asked: dict[str, str], *, warm: bool
) -> None:
    secret = asking(make, way, asked)
    for _ in range(2):
        before, event = secret.value(), secret.begin()
        secret.steps(event, Step.CREATE, Step.SET, Step.TEST)
        assert secret.target.accepts(before)
        if not warm:
            memory._last.clear()  # what finishSecret finds in a process of its own
        secret.step(event, Step.FINISH)
        assert secret.target.accepts(before) is not bool(asked)
        assert secret.target.accepts(secret.value())
    assert secret.value()["rotation"] == asked


@pytest.mark.parametrize("way", [REPLACED, CHOSEN])
def test_a_secret_has_a_short_gap(make: Make, way: str) -> None:
    secret = asking(make, way, {"short_gap": True})
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
    secret.steps(event)
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize(
    ("asked", "length"), [({"password_length": 64, "exclude_punctuation": True}, 64), ({}, 32)]
)
def test_a_key_of_our_choice_is_as_its_secret_asks(
    make: Make, asked: dict[str, Any], length: int
) -> None:
    secret = make({**unsaid(), "rotation": asked})
    assert secret.rotate().state == "succeeded"
    key = secret.value()[unsaid()["issuer"]["fields"]["key"]]
    assert len(key) == length
    assert key.isalnum() or not asked


def unsaid() -> dict[str, Any]:
    """An example whose description does not say what keys are like."""
    example = EXAMPLES[CHOSEN][0]
    issuer = {name: value for name, value in example["issuer"].items() if name != "choose"}
    return {**example, "issuer": issuer}


@pytest.mark.parametrize(
    ("way", "asked", "settings", "member"),
    [
        (BESIDE, {"old_key_ends": "after:7d"}, {"OLD_KEY_ENDS": "on-finish"}, "old_key_ends"),
        (BESIDE, {"short_gap": True}, {}, "short_gap"),  # there is none
        (BESIDE, {"password_length": 64}, {}, "password_length"),  # the issuer makes the key
        (SLOTS, {"short_gap": True}, {}, "short_gap"),
        (REPLACED, {"old_key_ends": "after:7d"}, {}, "old_key_ends"),
        (REPLACED, {"minimum_numbers": 2}, {}, "minimum_numbers"),
        (REPLACED, {"issuer_hosts": "*"}, {}, "issuer_hosts"),
        (CHOSEN, {"password_overlap": True}, {}, "password_overlap"),
        (CHOSEN, {"password_length": 12}, {}, "password_length"),
        (CHOSEN, {"short_gap": True}, {"SHORT_GAP": "false"}, "short_gap"),
    ],
)
def test_what_its_secret_may_not_ask_for_is_told_before_anything_changes(
    make: Make, way: str, asked: dict[str, Any], settings: dict[str, str], member: str
) -> None:
    secret = asking(make, way, asked, **settings)
    before = secret.value()
    tested = secret.rotate(RotateImmediately=False)
    assert tested.state == "failed"
    assert f"'rotation.{member}'" in str(tested.error)
    with pytest.raises(MalformedSecret) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == f"rotation.{member}"
    assert secret.value() == before
    assert secret.target.accepts(before)


def test_a_description_that_says_what_keys_are_like_is_not_overruled(make: Make) -> None:
    assert "choose" in EXAMPLES[CHOSEN][0]["issuer"]
    secret = asking(make, CHOSEN, {"password_length": 64})
    with pytest.raises(MalformedSecret) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == "rotation.password_length"
