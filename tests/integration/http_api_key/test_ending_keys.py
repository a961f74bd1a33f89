"""Which keys a rotation ends at a described issuer, and which it leaves alone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import (
    Misconfigured,
    Rejected,
    Unreachable,
    WrongStage,
)
from shared.protocol import ticket
from shared.protocol.event import Step
from tests.issuers.described import (
    BESIDE,
    CHOSEN,
    EXAMPLES,
    PLAIN,
    REPLACED,
    SLOTS,
    Make,
)
from tests.issuers.keyshop import Keyshop
from tests.issuers.scripted import Cut, IssuerRequest, Stub
from tests.lab import LabSecret


def adapted(way: str, **members: object) -> dict[str, Any]:
    """The first example of a way with other members; None takes one out."""
    example: dict[str, Any] = json.loads(json.dumps(EXAMPLES[way][0]))
    issuer = {**example["issuer"], **members}
    issuer = {name: value for name, value in issuer.items() if value is not None}
    return {**example, "issuer": issuer}


# --- a step that is held up ---


@pytest.mark.parametrize("way", [CHOSEN, BESIDE])
def test_a_step_that_was_held_up_does_not_undo_a_later_rotation(
    make: Make, shop: Keyshop, stub: Stub, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Between its first request and the one that changes a key, another rotation is finished."""
    monkeypatch.setattr(ticket, "FRESH_SECONDS", 0)
    secret = make(EXAMPLES[way][0])
    event = secret.begin()
    step = Step.CREATE
    if way == CHOSEN:
        secret.step(event, Step.CREATE)
        step = Step.SET
    held_up = False

    def meanwhile(asked: IssuerRequest) -> object:
        nonlocal held_up
        if not held_up:
            held_up = True
            secret.abandon(event)
            assert secret.rotate().state == "succeeded"
        return shop(asked)

    stub.script = meanwhile
    with pytest.raises(WrongStage):
        secret.step(event, step)
    assert secret.target.accepts(secret.value())


# --- what has a custom label ---


def add_custom_label(secret: LabSecret) -> None:
    """Give the current version a label of one's own."""
    secret.move_label("CANARY", secret.holder("AWSCURRENT") or "")


@pytest.mark.parametrize("ends", ["next-rotation", "on-finish"])
def test_a_custom_labelled_plain_string_goes_on_working(
    make: Make, shop: Keyshop, ends: str
) -> None:
    secret = make(EXAMPLES[PLAIN][0], OLD_KEY_ENDS=ends)
    secret.rotate()
    answer = secret.lab.client.get_secret_value(SecretId=secret.arn)
    add_custom_label(secret)
    for _ in range(3):
        assert secret.rotate().state == "succeeded"
        assert shop.accepts(answer["SecretString"])


@pytest.mark.parametrize("ends", ["next-rotation", "on-finish"])
def test_a_custom_labelled_key_keeps_its_slot(make: Make, ends: str) -> None:
    secret = make(EXAMPLES[SLOTS][0], OLD_KEY_ENDS=ends)
    secret.rotate()
    labelled = secret.value()
    add_custom_label(secret)
    assert secret.rotate().state == "succeeded"
    with pytest.raises(Misconfigured, match="other slot") as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == "key_name"
    assert secret.target.accepts(labelled)
    assert secret.target.accepts(secret.value())


def test_a_custom_labelled_key_that_is_dead_holds_no_slot(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[SLOTS][0])
    add_custom_label(secret)
    assert secret.rotate().state == "succeeded"
    shop.slots["key1"] = "replaced by somebody"
    assert secret.rotate().state == "succeeded"


# --- without a list, or without labels in it ---


def test_an_ended_key_that_was_made_current_by_hand_is_passed_over(
    make: Make, shop: Keyshop, caplog: pytest.LogCaptureFixture
) -> None:
    """Found by tests/faults/test_any_order.py: createSecret had ended AWSPREVIOUS's key."""
    secret = make(EXAMPLES[BESIDE][0])
    secret.steps(secret.begin())
    secret.steps(secret.begin())
    event, live = secret.begin(), secret.value()
    secret.step(event, Step.CREATE)
    secret.move_label("AWSCURRENT", secret.holder("AWSPREVIOUS") or "")
    assert not secret.target.accepts(secret.value())
    secret.abandon(event)
    shop.keys = {each: key for each, key in shop.keys.items() if each == live["key_id"]}
    event = secret.begin()
    secret.step(event, Step.CREATE)
    assert "going on from the key of" in caplog.text
    assert secret.target.accepts(live)
    secret.steps(event)
    assert secret.target.accepts(secret.value())


def test_without_a_list_the_key_before_is_revoked(make: Make, shop: Keyshop) -> None:
    issue = {**EXAMPLES[BESIDE][0]["issuer"]["issue"], "body": {"name": "{label}"}}
    secret = make(adapted(BESIDE, list=None, issue=issue, carries="ks_{id}_"))
    for _ in range(4):
        assert secret.rotate().state == "succeeded"
    held = {secret.value(label)["key_id"] for label in ("AWSCURRENT", "AWSPREVIOUS")}
    assert shop.keys.keys() == held
    add_custom_label(secret)
    labelled = secret.value()
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    assert secret.target.accepts(labelled)


def test_a_lost_key_without_a_label_is_told(make: Make, shop: Keyshop, stub: Stub) -> None:
    secret = make(unlabelled())

    def cut(asked: IssuerRequest) -> object:
        answer = shop(asked)
        if asked.method == "POST":
            raise Cut
        return answer

    stub.script = cut
    with pytest.raises(Unreachable, match="no version of the secret holds"):
        secret.step(secret.begin(), Step.CREATE)
    assert len(shop.keys) == 2


def unlabelled() -> dict[str, Any]:
    issuer = EXAMPLES[BESIDE][0]["issuer"]
    issue = {**issuer["issue"], "body": {"name": "{label}"}}
    return adapted(BESIDE, issue=issue, list={**issuer["list"], "read": READ})


def taking_nothing_over() -> dict[str, Any]:
    issuer = EXAMPLES[BESIDE][0]["issuer"]
    issue = {**issuer["issue"], "body": {"name": "{label}"}}
    read = {name: issuer["list"]["read"][name] for name in ("keys", "id", "label", "shown")}
    return adapted(BESIDE, issue=issue, list={**issuer["list"], "read": read})


READ = {"keys": "data", "id": "id"}


# --- after a while ---


def test_after_longer_than_the_interval_keys_end_one_by_one(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[BESIDE][0], OLD_KEY_ENDS="after:3d")
    made = {next(iter(shop.keys)): 0}  # by day
    del shop.keys[next(iter(made))]["expires_at"]
    for day in range(1, 9):
        for key_id, on in made.items():
            if key_id in shop.keys:
                age = timedelta(days=day - on)
                shop.keys[key_id]["created_at"] = (datetime.now(UTC) - age).isoformat()
        before = set(shop.keys)
        assert secret.rotate().state == "succeeded"
        made[secret.value()["key_id"]] = day
        for key_id in before - set(shop.keys):  # its successor is of the day after
            assert day - (made[key_id] + 1) >= 3
    assert len(shop.keys) == 4


@pytest.mark.parametrize("way", [REPLACED, SLOTS, CHOSEN])
def test_after_a_while_is_for_keys_beside_each_other(make: Make, way: str) -> None:
    secret = make(EXAMPLES[way][0], OLD_KEY_ENDS="after:3d")
    before = secret.value()
    with pytest.raises(Misconfigured) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == "OLD_KEY_ENDS"
    assert secret.target.accepts(before)


@pytest.mark.parametrize(("expires", "warns"), [("2026-01-20", True), ("2026-03-20", False)])
def test_a_key_that_ends_before_the_next_rotation(
    make: Make, shop: Keyshop, caplog: pytest.LogCaptureFixture, expires: str, *, warns: bool
) -> None:
    """The schedule is every 30 days; the first key was made on the first of January."""
    secret = make(EXAMPLES[BESIDE][0])
    for key in shop.keys.values():
        key["expires_at"] = f"{expires}T00:00:00Z"
    secret.step(secret.begin(), Step.CREATE)
    assert ("before the next rotation at" in caplog.text) is warns


def test_a_replaced_key_that_ends_before_the_next_rotation(
    make: Make, shop: Keyshop, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    reading = {"key": "client_secret", "expires": "ends"}
    replacing = {**EXAMPLES[REPLACED][0]["issuer"]["replace"], "read": reading}
    secret = make(adapted(REPLACED, replace=replacing))

    def script(asked: IssuerRequest) -> object:
        answer = shop(asked)
        if asked.path.endswith("/rotate") and isinstance(answer, dict):
            answer["ends"] = (datetime.now(UTC) + timedelta(days=3)).isoformat()
        return answer

    stub.script = script
    secret.step(secret.begin(), Step.CREATE)
    assert "before the next rotation at" in caplog.text


def test_a_slot_that_is_ended_keeps_what_is_of_the_account(
    make: Make, shop: Keyshop, stub: Stub
) -> None:
    issuer = EXAMPLES[SLOTS][0]["issuer"]
    listing = {**issuer["list"], "read": {**issuer["list"]["read"], "mode": "mode"}}
    replacing = {**issuer["replace"], "body": {"name": "{slot}", "mode": "{kept.mode}"}}
    example = adapted(SLOTS, list=listing, replace=replacing)
    secret = make(example, OLD_KEY_ENDS="on-finish")

    def script(asked: IssuerRequest) -> object:
        answer = shop(asked)
        return {**answer, "mode": "strict"} if isinstance(answer, dict) else answer

    stub.script = script
    assert secret.rotate().state == "succeeded"
    sent = [asked.json for asked in stub.asked if asked.method == "POST"]
    assert sent == [{"name": name, "mode": "strict"} for name in ("key2", "key1")]


# --- what the secret's writer may have made up ---


@pytest.mark.parametrize("ends", ["next-rotation", "on-finish"])
@pytest.mark.parametrize("keeps", [True, False])
def test_another_secrets_key_that_is_named_here(
    make: Make, shop: Keyshop, ends: str, *, keeps: bool
) -> None:
    example = EXAMPLES[BESIDE][0] if keeps else taking_nothing_over()
    secret = make(example, OLD_KEY_ENDS=ends)
    other = secret.arn.replace("secret:test/", "secret:other/")
    victim = shop.issue(f"{other} 1", scopes=["all"], expires_at="2026-01-11T00:00:00Z")
    secret.store({**secret.value(), "key_id": str(victim["id"]), "api_key": "made up"})
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
        mine = shop.keys[secret.value()["key_id"]]
        assert mine.get("scopes") == (["read"] if keeps else None)  # as the first one's, not all
    assert shop.accepts(victim["secret"])


def test_with_a_wrong_id_the_key_in_use_is_not_revoked(make: Make) -> None:
    secret = make(taking_nothing_over())
    secret.rotate()
    before = secret.value()
    secret.store({**before, "key_id": "99999"})
    assert secret.rotate().state == "succeeded"
    assert secret.target.accepts(before)
    assert secret.rotate().state == "succeeded"
    assert not secret.target.accepts(before)


# --- a key that is never accepted ---


def test_a_replaced_key_is_not_given_up_by_a_refusal(make: Make, shop: Keyshop) -> None:
    """It may be the only key there is, which the issuer does not know everywhere yet."""
    secret = make(adapted(REPLACED, propagation="1s"))
    event = secret.begin()
    secret.step(event, Step.CREATE)
    new, shop.clients["c1"] = shop.clients["c1"], "not known yet"
    with pytest.raises(Rejected, match="replaced once more, or has been revoked"):
        secret.step(event, Step.SET)
    assert secret.holder("AWSPENDING") == event["ClientRequestToken"]
    shop.clients["c1"] = new
    secret.steps(event)
    assert secret.target.accepts(secret.value())
