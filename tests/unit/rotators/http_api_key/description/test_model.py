"""What follows from a description: what is asked, compared, bound and refused."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.reader import read_description
from rotators.http_api_key.description.templates import Values
from tests.unit.rotators.http_api_key.description.samples import CHOSEN, GOOD, TURNS, changed


def described(good: Mapping[str, Any], **changes: object) -> Description:
    """The description with these values at these paths, of which `__` is the slash."""
    for path, value in changes.items():
        good = changed(good, path.replace("__", "/"), value)
    return read_description(good, "issuer")


# --- what an answer means ---


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (401, {"scope": "none"}, "authenticated"),
        (200, {"scope": "none"}, "authenticated"),
        (401, {}, "rejected"),
        (401, None, "rejected"),
        (404, {"message": "later"}, "gone"),
        (503, {"message": "later"}, "later"),
        (202, {}, "done"),
        (403, {}, None),
    ],
)
def test_a_right_key_is_seen_before_a_wrong_one(
    status: int, answer: object, outcome: str | None
) -> None:
    more = {"gone": [404], "later": ["message == 'later'"], "done": [202]}
    probe = described(GOOD, probe={**GOOD["probe"], **more}).probe
    assert probe.outcome(status, answer) == outcome


def test_the_first_sentence_that_holds_is_the_reason() -> None:
    because = {"code == `7`": "seven", "code": "some code"}
    renew = described(GOOD, issue__because=because).renew
    assert renew.reason({"code": 7}) == "seven"
    assert renew.reason({"code": 8}) == "some code"
    assert renew.reason({}) is None
    assert renew.reason(None) is None


# --- which key an id is of ---


@pytest.mark.parametrize(
    ("changes", "binds"),
    [
        ({}, False),
        ({"probe__expect": {"token_id": "{id}"}}, True),
        ({"probe__expect": {"token_id": "{secret.key_id}"}}, True),
        ({"probe__expect": {"token_id": "{id}"}, "probe__request": "GET /tokens/{id}"}, False),
        ({"probe__expect": {"x": "{id}"}, "probe__query": {"id": "{secret.key_id}"}}, False),
        ({"probe__expect": {"x": "{id}"}, "probe__form": {"id": "{id}"}}, False),
        ({"auth": {"basic": ["{id}", "{key}"]}}, True),
        ({"auth": {"basic": ["{id}", "{key}"]}, "probe__auth": {"bearer": "{key}"}}, False),
        ({"carries": "SG.{id}."}, True),
        ({"fields": {"key": "token", "id": "token"}}, True),
    ],
)
def test_what_binds_an_id_to_its_key(changes: dict[str, Any], binds: bool) -> None:
    assert described(GOOD, **changes).binds_id is binds


def test_a_key_without_an_id_is_bound_to_none() -> None:
    assert not described(CHOSEN, probe__expect={"name": "{secret.user}"}).binds_id


def test_what_a_key_carries() -> None:
    carries = described(GOOD, carries="SG.{id}.").carries
    assert carries is not None
    assert carries.text(Values(plain={"id": "abc"})) == "SG.abc."


def test_a_confidential_id() -> None:
    assert described(GOOD, confidential=["id"]).is_id_confidential
    assert not described(GOOD).is_id_confidential


# --- what a successor takes over ---

INSPECT = {"request": "GET /tokens/{id}", "read": {"kind": "kind", "scopes": "all_scopes"}}
SENDS_KIND = {"note": "{label}", "kind": "{kept.kind}", "scopes": "{kept.scopes}"}


@pytest.mark.parametrize(
    ("changes", "needs"),
    [
        ({}, False),
        ({"inspect": INSPECT}, False),
        ({"inspect": INSPECT, "issue__body": SENDS_KIND}, True),
        ({"inspect": {**INSPECT, "refuse": {"is odd": "odd"}}}, True),
        (
            {
                "inspect": {**INSPECT, "read": {"expires": "e", "created": "c"}},
                "list__read": {"keys": "k", "id": "i", "scopes": "s"},
            },
            True,
        ),
    ],
)
def test_a_key_is_inspected_where_that_tells_something(
    changes: dict[str, Any],
    needs: bool,
) -> None:
    assert described(GOOD, **changes).needs_inspection is needs


@pytest.mark.parametrize(
    ("body", "refuses"),
    [
        ({"expires_in": "{kept.lifetime}"}, False),
        ({"expires_at": "{kept.ends|date}"}, False),
        ({"ttl": "{kept.lifetime|hours}h"}, False),
        ({"scopes": "{kept.scopes}"}, True),
    ],
)
def test_an_end_that_is_not_passed_on_is_refused(body: dict[str, str], refuses: bool) -> None:
    assert described(GOOD, issue__body={"note": "{label}", **body}).refuses_ends is refuses


def test_without_a_known_end_nothing_is_refused() -> None:
    read = {"keys": "k", "id": "i", "scopes": "s"}
    assert not described(GOOD, list__read=read, issue__body={}).refuses_ends
    assert not described(CHOSEN).refuses_ends


def test_what_is_asked_for_is_compared_with_what_comes() -> None:
    read = {**GOOD["issue"]["read"], "scopes": "scopes", "expires": "expires_at", "public": "p"}
    names = described(GOOD, issue__read=read, inspect=INSPECT).compared_names
    assert names == ("scopes",)
    both = described(GOOD, issue__read={**read, "kind": "kind"}, inspect=INSPECT).compared_names
    assert both == ("kind", "scopes")
    assert described(GOOD).compared_names == ()


def test_several_requests_may_inspect_and_one_with_the_key_itself() -> None:
    itself = {"request": "GET /me", "auth": {"bearer": "{key}"}, "refuse": {"is one": "main"}}
    found = described(GOOD, inspect=[INSPECT, itself])
    assert [request.place for request in found.inspect] == [
        "issuer.inspect[0]",
        "issuer.inspect[1]",
    ]
    assert found.needs_inspection
    assert "issuer.inspect[1]" in {request.place for request in found.requests}


def test_what_a_rotation_writes_is_no_part_of_the_account() -> None:
    read = {**GOOD["issue"]["read"], "scopes": "scopes"}
    asked = {"note": "{label}", "owner": "{secret.owner}", "scopes": "{secret.scopes}"}
    names = described(GOOD, issue__read=read, issue__body=asked).sent_names
    assert "owner" in names
    assert "scopes" not in names


def test_which_slot_a_key_is_in() -> None:
    read = {"key": {"a": "keys[0]", "b": "keys[1]"}, "policy": "policy"}
    turns = described(TURNS, list__read=read, replace__body={"p": "{kept.policy}"})
    assert turns.list is None
    assert turns.slot_list is not None
    answer = {"keys": ["x", "y"], "policy": "p"}
    found = {slot: found.search(answer) for slot, found in turns.slot_keys.items()}
    assert found == {"a": "x", "b": "y"}
    assert turns.slot_list.found.keys() == {"policy"}
    assert turns.kept_names == {"policy"}
    assert turns.slot_list in turns.requests
    told = {**TURNS["replace"]["read"], "policy": "policy"}
    assert described(TURNS, list__read=read, replace__read=told).compared_names == ("policy",)


def test_items_that_are_no_keys_and_keys_that_are_refused() -> None:
    listing = described(GOOD, list__skip=["a", "b"], list__refuse={"is odd": "odd"}).list
    assert listing is not None
    assert [each.text for each in listing.skip] == ["a", "b"]
    assert [(each.text, words) for each, words in listing.refuse] == [("odd", "is odd")]


# --- how a key ends ---


def test_an_end_is_proved_or_comes_by_itself() -> None:
    proved = {**GOOD["revoke"], "proved": True}
    assert described(GOOD, revoke=proved).is_revocation_proved
    assert described(GOOD, revoke=[GOOD["revoke"], proved]).is_revocation_proved
    assert not described(GOOD).is_revocation_proved
    assert not described(GOOD).revoke_expires
    expires = described(GOOD, revoke="expires")
    assert (expires.revoke, expires.revoke_expires) == ((), True)


# --- what the secret may hold, and what errors name ---


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"team": "abc"}, None),
        ({}, None),
        ({"team": 7}, "team"),
        ({"team": "abc\n"}, "team"),
        ({"team": "abc def"}, "team"),
        ({"team": "a" * 201}, "team"),
    ],
)
def test_a_field_matches_its_pattern_wholly(document: dict[str, object], field: str | None) -> None:
    named = changed(GOOD, "issue/query", {"q": "{secret.team}"})
    assert described(named, patterns={"team": "[a-z]+"}).unfit(document) == field
    elsewhere = described(named, patterns={"team": "[a-z]+"}, fields__team="group")
    assert elsewhere.unfit({"group": "!"}) == "group"


def test_a_poll_is_read() -> None:
    poll = {"url": {"header": "Location"}, "until": "status == 'ready'"}
    asked = described(GOOD, issue__poll=poll).renew.poll
    assert asked is not None
    assert asked.url.search(None, {"location": "/jobs/7"}) == "/jobs/7"
    assert asked.until.holds(json.loads('{"status": "ready"}'))
    assert not asked.until.holds({"status": "waiting"})
