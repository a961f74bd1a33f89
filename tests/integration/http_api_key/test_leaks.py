"""A leaked key: ended whatever OLD_KEY_ENDS says, and refused when it is used."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from rotators.http_api_key.testing.issuers.issuer import issue
from shared.errors import Misconfigured, Rejected, TargetMismatch, WrongStage
from shared.protocol.event import Step
from tests.issuers.described import (
    BESIDE,
    EXAMPLES,
    ORDERED,
    PLAIN,
    REPLACED,
    SLOTS,
    Make,
)
from tests.issuers.keyshop import Keyshop
from tests.issuers.scripted import IssuerRequest, Stub, StubAnswer
from tests.lab import Event, Lab, LabSecret
from tests.leaked import end_leaked

# How many requests look, before the next one ends the leaked key.
LAST_LOOK = {SLOTS: 6, BESIDE: 4}


def plain(secret: LabSecret) -> str:
    """What is in use, of a secret that is one plain string."""
    return secret.lab.client.get_secret_value(SecretId=secret.arn)["SecretString"]


def put(secret: LabSecret, text: str, **more: Any) -> None:  # noqa: ANN401 - PutSecretValue's own
    """As a person would."""
    secret.lab.client.put_secret_value(SecretId=secret.arn, SecretString=text, **more)


def of_another_version(shop: Keyshop, version: str) -> str:
    """One more key, labelled for the same secret as this version's."""
    (label,) = (key["name"] for key in shop.keys.values() if version in key["name"])
    return str(shop.issue(label.replace(version, str(uuid.uuid4())))["secret"])


def leak(make: Make, way: str) -> tuple[LabSecret, str]:
    """A secret that was rotated away from the version that has leaked."""
    secret = make(EXAMPLES[way][0])
    leaked = secret.holder("AWSCURRENT") or ""
    assert secret.rotate().state == "succeeded"
    return secret, leaked


@pytest.mark.parametrize("way", [BESIDE, SLOTS, REPLACED])
def test_it_is_ended_now(make: Make, way: str) -> None:
    secret, leaked = leak(make, way)
    for _ in range(2):  # and again
        answer = end_leaked(secret, leaked)
        assert answer["refused"]["proven"], answer
        assert (answer["left"], answer["sessions"]) == ([], None)
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize("way", [BESIDE, SLOTS])
def test_one_that_a_custom_label_holds_is_ended_once_that_is_off(make: Make, way: str) -> None:
    secret, leaked = leak(make, way)
    secret.move_label("CANARY", leaked)
    with pytest.raises(Misconfigured, match="custom staging label") as refused:
        end_leaked(secret, leaked)
    assert refused.value.do == "take that label off the version, and ask again"
    assert leaked in secret.accepted_versions()
    secret.lab.client.update_secret_version_stage(
        SecretId=secret.arn, VersionStage="CANARY", RemoveFromVersionId=leaked
    )
    assert end_leaked(secret, leaked)["refused"]["proven"]


def test_one_that_nothing_shows_to_be_the_secrets_is_ended_by_hand(
    make: Make, shop: Keyshop
) -> None:
    secret, leaked = leak(make, PLAIN)
    with pytest.raises(TargetMismatch) as refused:
        end_leaked(secret, leaked)
    assert refused.value.do.startswith("revoke it at the issuer, and ask again")
    shop.keys.pop("1")
    assert end_leaked(secret, leaked)["refused"]["proven"]


def test_without_ids_the_leaked_versions_own_key_ends_and_no_other(
    make: Make, shop: Keyshop
) -> None:
    secret, _ = leak(make, PLAIN)
    leaked = secret.holder("AWSCURRENT") or ""
    secret.rotate()
    of_another_version(shop, leaked)
    assert end_leaked(secret, leaked)["refused"]["proven"]
    assert shop.keys.keys() == {"1", "3", "4"}  # the first one was made by hand


def test_without_ids_a_key_that_was_stored_again_by_hand_is_not_ended(
    make: Make, shop: Keyshop
) -> None:
    secret, _ = leak(make, PLAIN)
    leaked = secret.holder("AWSCURRENT") or ""
    secret.rotate()
    put(secret, plain(secret))
    before = dict(shop.keys)
    with pytest.raises(TargetMismatch, match="nothing shows it to be this secret's"):
        end_leaked(secret, leaked)
    assert shop.keys == before


def test_without_ids_a_key_that_was_stored_by_hand_is_not_ended_on_finish(
    make: Make, shop: Keyshop
) -> None:
    secret = make(EXAMPLES[PLAIN][0], OLD_KEY_ENDS="on-finish")
    secret.rotate()
    older = of_another_version(shop, secret.holder("AWSCURRENT") or "")
    event = secret.begin()
    put(secret, older, VersionStages=["AWSPENDING"], ClientRequestToken=event["ClientRequestToken"])
    for step in (Step.SET, Step.TEST, Step.FINISH):
        secret.step(event, step)
    assert shop.accepts(plain(secret))


def test_nothing_is_told_as_proven_where_the_key_in_use_has_ended_too(
    make: Make, shop: Keyshop, stub: Stub
) -> None:
    secret, leaked = leak(make, BESIDE)

    def careless(asked: IssuerRequest) -> object:
        answer = shop(asked)
        if asked.method == "DELETE":
            shop.keys.clear()
        return answer

    stub.script = careless
    with pytest.raises(Rejected):
        end_leaked(secret, leaked)


@pytest.mark.parametrize("way", LAST_LOOK)
@pytest.mark.parametrize("late", [0, 1])
def test_a_rotation_that_begins_meanwhile_is_never_told_as_proven(
    make: Make, shop: Keyshop, stub: Stub, way: str, late: int
) -> None:
    """late: how many requests after the last look before the leaked key is ended."""
    last_look = LAST_LOOK[way]
    secret, leaked = leak(make, way)
    before, events = len(stub.asked), list[Event]()

    def overtaken(asked: IssuerRequest) -> object:
        answer = None if late else shop(asked)
        if len(stub.asked) == before + last_look + late:
            events.append(secret.begin())
            secret.steps_before(events[0], Step.FINISH)
        return answer or shop(asked)

    stub.script = overtaken
    with pytest.raises(WrongStage, match="a rotation has not ended"):
        end_leaked(secret, leaked)
    assert {each.method for each in stub.asked[before : before + last_look]} == {"GET"}
    secret.step(events[0], Step.FINISH)
    if not late:
        assert secret.holder("AWSCURRENT") in secret.accepted_versions()


def test_one_that_only_expires_is_told_with_its_end(make: Make) -> None:
    secret, leaked = leak(make, ORDERED)
    with pytest.raises(Misconfigured, match="a request: it ends by itself, at 2026-01-11T"):
        end_leaked(secret, leaked)


def test_one_that_is_accepted_still_is_not_told_as_dead(
    make: Make, shop: Keyshop, stub: Stub
) -> None:
    secret, leaked = leak(make, BESIDE)

    def forgetful(asked: IssuerRequest) -> object:
        return StubAnswer(204) if asked.method == "DELETE" else shop(asked)

    stub.script = forgetful
    answer = end_leaked(secret, leaked)
    refused = answer["refused"]
    assert (answer["ended"], refused["proven"]) == ([], False)
    assert refused["what"].startswith("the issuer accepts the key still")


def test_an_outage_proves_nothing(make: Make, shop: Keyshop, stub: Stub) -> None:
    secret, _ = leak(make, BESIDE)
    leaked, key = secret.holder("AWSCURRENT") or "", secret.value()["api_key"]
    assert secret.rotate().state == "succeeded"
    stub.script = lambda asked: StubAnswer(503) if asked.bearer == key else shop(asked)
    refused = end_leaked(secret, leaked)["refused"]
    assert (refused["proven"], refused["code"]) == (False, "Unreachable")
    stub.script = shop
    assert end_leaked(secret, leaked)["refused"]["proven"]


def test_a_secret_that_was_edited_to_name_anothers_key_ends_nothing(
    lab: Lab, demo_issuer: Issuer
) -> None:
    target = IssuerTarget(demo_issuer)
    secret = lab.secret(target)
    old, beside = secret.value(), target.stranger()
    secret.rotate()
    own, other = secret.value(), demo_issuer.other_owner
    key_id, key = issue(replace(demo_issuer, owner=other), "not the secret's", scopes=[])
    anothers = {"key_id": key_id, "api_key": key}
    for named in (
        {**own, **anothers, "owner": other},
        {**own, **anothers},
        {**old, "key_id": beside["key_id"]},  # the id of another key beside one that is accepted
    ):
        secret.store(named)
        leaked = secret.holder("AWSCURRENT") or ""
        secret.store(own)
        with pytest.raises(TargetMismatch):
            end_leaked(secret, leaked)
    assert all(target.accepts(each) for each in (anothers, beside, old, own))
