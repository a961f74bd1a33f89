"""Which key an id is of, and in which slot a key is: never by the secret's word alone."""

from typing import Any

import pytest

from shared.errors import Forbidden, MalformedSecret, Misconfigured, Rejected
from shared.secret import Secret
from tests.issuers.bare import NEW, OLD, Start
from tests.issuers.scripted import StubAnswer

# --- what the list shows of a key ---


def test_the_list_says_what_it_shows(bare: Start) -> None:
    hints = [OLD[-4:], "zzzz", None, "\ud800" * 4]
    keys = [{"id": f"k{n}", "hint": hint} for n, hint in enumerate(hints, 1)]
    here = bare({"GET /keys": {"keys": keys}}, list={"read": {"shown": "hint"}})
    listed = here.manager().listed()
    assert [each.shows(Secret(OLD)) for each in listed] == [True, False, None, None]
    assert not [each for each in listed if "shown" in each.kept]


def test_what_is_shown_of_every_key_says_of_none_whose_it_is(bare: Start) -> None:
    keys = [{"id": "k1", "hint": "old-****"}, {"id": "k2", "hint": "old-****"}]
    here = bare({"GET /keys": {"keys": keys}}, list={"read": {"shown": "hint"}})
    assert [each.shows(Secret(OLD)) for each in here.manager().listed()] == [None, None]
    assert [each.shows(Secret(NEW)) for each in here.manager().listed()] == [False, False]


# --- the key itself, and what a probe answers ---

CARRIES: dict[str, Any] = {"carries": "SG.{id}."}
CARRYING = "SG.k1.and-more"


def test_a_key_that_carries_another_id_is_refused(bare: Start) -> None:
    here = bare({"GET /me": {}}, **CARRIES)
    assert here.issuer.probe(here.key(api_key=CARRYING))
    for wrong in ("SG.k2.and-more", "SG.k11.and-more", "sg.k1.and-more"):
        with pytest.raises(
            MalformedSecret, match="not the id that 'api_key' begins with"
        ) as caught:
            here.key(api_key=wrong)
        assert caught.value.field == "key_id"
        assert wrong not in str(caught.value)


def test_a_new_key_that_does_not_carry_its_id_is_ended(bare: Start) -> None:
    made = {"id": "k2", "key": "SG.k3.and-more"}
    here = bare({"POST /keys": made, "DELETE /keys/k2": StubAnswer(204)}, **CARRIES)
    key = here.key(api_key=CARRYING)
    with pytest.raises(Misconfigured, match="'carries'"):
        here.manager(key).issue(key, {})
    assert here.stub.seen("DELETE") == ["DELETE /keys/k2"]


@pytest.mark.parametrize(
    ("changes", "binds"),
    [
        ({}, False),
        ({"auth": {"basic": ["{id}", "{key}"], "bearer": None}}, True),
        ({"probe": {"expect": {"token_id": "{id}"}}}, True),
        ({"probe": {"request": "GET /keys/{id}", "expect": {"token_id": "{id}"}}}, False),
    ],
)
def test_an_id_is_bound_by_what_is_sent_or_answered(
    bare: Start, changes: dict[str, Any], *, binds: bool
) -> None:
    here = bare({"GET /me": {"token_id": "k1"}, "GET /keys/k1": {"token_id": "k1"}}, **changes)
    assert here.issuer.probe(here.key()) is binds


@pytest.mark.parametrize(
    ("answer", "binds"),
    [
        ({"token_id": "k1"}, True),
        (StubAnswer(403), False),
    ],
)
def test_a_right_key_without_a_right_shows_no_id(
    bare: Start, answer: object, *, binds: bool
) -> None:
    probe = {"authenticated": [403], "expect": {"token_id": "{id}"}}
    here = bare({"GET /me": answer}, probe=probe)
    assert here.issuer.probe(here.key()) is binds


# --- an id that is the key ---


def test_an_id_that_is_the_key_is_refused(bare: Start) -> None:
    made = {"POST /keys": {"id": NEW, "key": NEW}, f"DELETE /keys/{NEW}": StubAnswer(204)}
    here = bare(made)
    with pytest.raises(MalformedSecret) as caught:
        here.key(key_id=OLD)
    assert caught.value.field == "key_id"
    with pytest.raises(Misconfigured, match="finds the key itself for its id") as answered:
        here.manager().issue(here.key(), {})
    assert OLD not in str(caught.value)
    assert NEW not in str(answered.value)
    assert len(here.stub.seen("DELETE")) == 1


def test_unless_it_is_confidential(bare: Start, caplog: pytest.LogCaptureFixture) -> None:
    keys = {"keys": [{"id": OLD, "name": ""}]}
    answers = {"POST /keys": {"id": NEW, "key": NEW}, "GET /keys": keys, "GET /me": StubAnswer(401)}
    here = bare(answers, confidential=["id"])
    key = here.key(key_id=OLD)
    manager = here.manager(key)
    assert manager.issue(key, {}).key_id == NEW
    manager.check_ended([OLD])
    with pytest.raises(Rejected) as rejected:
        here.issuer.probe(key)
    with pytest.raises(Forbidden) as kept:
        manager.revoke(OLD)  # a 404, and it is listed
    assert here.stub.asked[-2].path == f"/keys/{OLD}"
    assert "(confidential)" in caplog.text
    shown = f"{caplog.text}{rejected.value}{kept.value}{manager.key_name(OLD)}{manager.listed()}"
    assert OLD not in shown


# --- answers that are no new key ---


@pytest.mark.parametrize("made", [{"id": "k2", "key": OLD}, {"id": "k1", "key": NEW}])
def test_the_key_in_use_is_no_new_one(bare: Start, made: object) -> None:
    here = bare({"POST /keys": made, "DELETE /keys/k1": StubAnswer(204)})
    with pytest.raises(Misconfigured, match="answered the key that is in use"):
        here.manager().issue(here.key(), {})
    assert here.stub.seen("DELETE") == []


# --- slots ---

SLOTS: dict[str, Any] = {
    "fields": {"key": "api_key", "slot": "name", "id": None},
    **dict.fromkeys(("issue", "revoke")),
    "slots": ["a", "b"],
    "list": {
        "request": "GET /keys",
        "read": {"keys": None, "id": None, "label": None, "key": {"a": "a", "b": "b"}, "tier": "t"},
    },
    "replace": {
        "request": "POST /regenerate",
        "body": {"name": "{slot}", "tier": "{kept.tier}"},
        "read": {"key": {"a": "a", "b": "b"}},
    },
}


@pytest.mark.parametrize(
    ("shown", "slot"),
    [
        ({"a": OLD, "b": NEW}, "a"),
        ({"a": NEW, "b": OLD}, "b"),
        ({"a": "****3210", "b": "****6789"}, "b"),
        ({"a": NEW, "b": None}, None),
        ({"a": OLD, "b": OLD}, None),
    ],
)
def test_the_issuer_says_which_slot_a_key_is_in(bare: Start, shown: object, slot: object) -> None:
    here = bare({"GET /keys": shown}, **SLOTS)
    assert here.manager(here.key(name="a")).can_tell_slots
    for said in ("a", "b"):  # whatever the secret says
        key = here.key(name=said)
        assert here.manager(key).slot_of(key) == slot


def test_an_issuer_that_shows_no_slot_at_all_is_misread(bare: Start) -> None:
    here = bare({"GET /keys": {"keys": []}}, **SLOTS)
    key = here.key(name="a")
    with pytest.raises(Misconfigured, match=r"issuer\.list\.read\.key\.a \(`a`\) finds nothing"):
        here.manager(key).slot_of(key)


def test_what_both_slots_have_in_common_is_kept(bare: Start) -> None:
    here = bare({"GET /keys": {"a": OLD, "b": NEW, "t": "S0"}}, **SLOTS)
    key = here.key(name="a")
    (listed,) = here.manager(key).listed()
    assert here.manager(key).inspect(listed, key).kept == {"tier": "S0"}


# --- what a secret's fields may be ---


@pytest.mark.parametrize(("value", "fits"), [("app-1", True), ("app 1", False), ("app-1\n", False)])
def test_a_field_is_as_its_pattern_says(bare: Start, value: str, *, fits: bool) -> None:
    here = bare(
        {}, patterns={"owner": "[a-z0-9-]+"}, probe={"request": "GET /users/{secret.owner}"}
    )
    if fits:
        here.key(owner=value)
        return
    with pytest.raises(MalformedSecret) as caught:
        here.key(owner=value)
    assert caught.value.field == "owner"
    assert value not in str(caught.value)


# --- the admin's word ---


@pytest.mark.parametrize(
    ("reset", "may"),
    [(None, False), ([], False), (["rotated/app"], True), (["rotated/*", "rotated/ap"], False)],
)
def test_the_admins_keeper_names_what_may_be_reset(
    bare: Start, reset: object, *, may: bool
) -> None:
    assert bare({}).manager(reset=reset).may_reset is may


@pytest.mark.parametrize("reset", ["rotated/app", [7], {}])
def test_a_list_of_names_is_one(bare: Start, reset: object) -> None:
    with pytest.raises(MalformedSecret) as caught:
        bare({}).manager(reset=reset)
    assert caught.value.field == "reset"


def test_a_key_that_is_its_own_admin_has_no_keeper(bare: Start) -> None:
    assert bare({}, admin="self").manager(reset=["rotated/app"]).may_reset is False
