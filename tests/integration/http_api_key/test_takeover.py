"""A successor is never wider, never shorter and never of another kind, or there is none."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import Misconfigured, RejectedByPolicy, TargetMismatch
from tests.issuers.bare import NEW, OLD, Bare, Start, merged
from tests.issuers.scripted import IssuerRequest, StubAnswer

SCOPES: dict[str, Any] = {
    "issue": {"body": {"scopes": "{kept.scopes}"}, "read": {"scopes": "scopes"}},
    "list": {"read": {"scopes": "scopes"}},
}
ENDS: dict[str, Any] = {
    "issue": {"body": {"ttl": "{kept.lifetime}"}, "read": {"expires": "ends"}},
    "list": {"read": {"created": "made", "expires": "ends"}},
}
DAY = timedelta(days=1)


def listing(**item: object) -> dict[str, Any]:
    return {"keys": [{"id": "k0", "name": "another's"}, {"id": "k1", **item}]}


def making(**made: object) -> dict[str, object]:
    answer = {"id": "k2", "key": NEW, **made}
    return {"POST /keys": answer, "DELETE /keys/k2": StubAnswer(204)}


def start(bare: Start, changes: Mapping[str, Any], item: Mapping[str, Any], **made: object) -> Bare:
    return bare({"GET /keys": listing(**item), **making(**made)}, **changes)


# --- what it refuses before anything is issued ---


@pytest.mark.parametrize("bound", [True, False])
def test_a_key_of_another_kind_is_refused(bare: Start, *, bound: bool) -> None:
    changes = {"list": {"refuse": {"is bound to a resource": "resource != `null`"}}}
    here = start(bare, changes, {"resource": {"id": "lkc-1"}} if bound else {})
    assert here.manager().inherits
    if not bound:
        assert here.inherited() == {}
        return
    words = "key 'k1' is bound to a resource, which its successor would not be"
    with pytest.raises(TargetMismatch, match=words) as caught:
        here.inherited()
    assert caught.value.field == "key_id"
    assert here.stub.seen("POST") == []


def test_a_key_that_ends_gets_no_endless_successor(bare: Start) -> None:
    changes = {"list": {"read": {"created": "made", "expires": "ends"}}}
    here = start(bare, changes, {"made": "2026-01-01T00:00:00Z", "ends": None})
    assert here.inherited() == {}
    here.answers["GET /keys"] = listing(made="2026-01-01", ends="2026-02-01")
    with pytest.raises(TargetMismatch, match="'k1' ends at a date, and its successor would not"):
        here.inherited()


# A few issuers write so that a key never ends: its successor would end as soon as may be.
@pytest.mark.parametrize("ends", ["in a year", "", 0, -1, False, "0001-01-01T00:00:00Z"])
def test_an_end_that_is_no_time_is_named(bare: Start, ends: object) -> None:
    here = start(bare, ENDS, {"made": "2026-01-01", "ends": ends})
    with pytest.raises(
        Misconfigured, match=r"issuer\.list\.read\.expires \(`ends`\) finds no time"
    ):
        here.manager().issue(here.key(), here.inherited())
    assert here.stub.seen("POST") == []


# --- inspect ---

INSPECT: dict[str, Any] = {
    "issue": {"body": {"scopes": "{kept.scopes}"}},
    "inspect": {"request": "GET /keys/{id}", "read": {"scopes": "scopes"}},
}


def test_what_only_the_key_itself_tells_is_asked_for(bare: Start) -> None:
    here = start(bare, INSPECT, {})
    here.answers["GET /keys/k1"] = {"scopes": ["mail.send"]}
    assert here.inherited() == {"scopes": ["mail.send"]}
    here.manager().issue(here.key(), here.inherited())
    assert here.stub.asked[-1].json["scopes"] == ["mail.send"]


def test_what_nobody_needs_is_not_asked_for(bare: Start) -> None:
    here = start(bare, merged(INSPECT, {"issue": {"body": {"scopes": None}}}), {})
    here.inherited()
    assert here.stub.seen() == ["GET /keys"]


def test_it_goes_before_the_list(bare: Start) -> None:
    changes = merged(INSPECT, {"list": {"read": {"scopes": "scopes"}}})
    changes["inspect"]["refuse"] = {"is restricted": "type == 'restricted'"}
    here = start(bare, changes, {"scopes": ["wide", "wider"]})
    here.answers["GET /keys/k1"] = {"scopes": ["narrow"], "type": "standard"}
    assert here.inherited() == {"scopes": ["narrow"]}
    here.answers["GET /keys/k1"] = {"scopes": ["narrow"], "type": "restricted"}
    with pytest.raises(TargetMismatch, match="key 'k1' is restricted, which its successor would"):
        here.inherited()


# --- what was granted, and what is lost since ---


def test_what_was_asked_for_is_remembered(bare: Start) -> None:
    """Not what it came to: an issuer may add to it."""
    here = start(bare, SCOPES, {"scopes": ["b", "a"]}, scopes=["a", "b", "added"])
    made = here.manager().issue(here.key(), here.inherited())
    assert made.render()["scopes"] == ["b", "a"]
    assert here.key(scopes=["b", "a"]).account == here.key().account


def test_a_field_of_another_name_may_remember_it(bare: Start) -> None:
    changes = merged(SCOPES, {"fields": {"scopes": "key_scopes"}})
    here = start(bare, changes, {"scopes": ["a"]}, scopes=["a"])
    made = here.manager().issue(here.key(), here.inherited())
    assert made.render()["key_scopes"] == ["a"]
    assert "scopes" not in made.render()


@pytest.mark.parametrize(
    ("asked", "got", "words"),
    [
        (["a", "b", "c"], ["a"], "'b', 'c' of its 'scopes'"),
        (["a", {"on": "x"}, "b"], ["a"], "'b' and 1 more of its 'scopes'"),
        (["a"], None, "'a' of its 'scopes'"),
        ("write", "read", "its 'scopes'"),
        ({"on": "x"}, {"on": "y"}, "its 'scopes'"),
    ],
)
def test_a_successor_with_less_is_ended_at_once(
    bare: Start, asked: object, got: object, words: str
) -> None:
    here = start(bare, SCOPES, {"scopes": asked}, scopes=got)
    with pytest.raises(TargetMismatch, match=f"the new key 'k2' lacks {words}"):
        here.manager().issue(here.key(), here.inherited())
    assert here.stub.seen("DELETE") == ["DELETE /keys/k2"]


@pytest.mark.parametrize(
    ("remembered", "shown", "lost"),
    [
        (["a", "b"], ["a"], "'b' of its 'scopes'"),
        (["read:users!user=app", "/a/b"], None, "'read:users!user=app', '/a/b' of its 'scopes'"),
        (["sk-3f9Za81"], [], "1 of its 'scopes'"),
        (["https://name@host", "x" * 65, 7], [], "3 of its 'scopes'"),
        ("write", "read", "its 'scopes'"),
    ],
)
def test_what_is_lost_since_the_last_rotation_is_not_lost_for_ever(
    bare: Start, remembered: object, shown: object, lost: str
) -> None:
    here = start(bare, SCOPES, {"scopes": shown})
    with pytest.raises(TargetMismatch, match=f"'k1' has lost {lost} since the last") as caught:
        here.inherited(here.key(scopes=remembered))
    assert caught.value.field == "scopes"
    assert "take 'scopes' out of the secret" in caught.value.do
    assert here.inherited() == ({} if shown is None else {"scopes": shown})


def test_a_wider_list_does_not_widen_what_was_asked_for(bare: Start) -> None:
    here = start(bare, SCOPES, {"scopes": ["a", "b", "c"]})
    assert here.inherited(here.key(scopes=["a", "c"])) == {"scopes": ["a", "c"]}


# --- when it ends ---


def test_a_new_keys_end_is_what_the_issuer_says(bare: Start) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + 14 * DAY
    here = start(bare, ENDS, {"made": 0, "ends": 14 * 86400}, ends=ends.isoformat())
    assert here.manager().issue(here.key(), here.inherited()).ends == ends


def test_else_it_is_what_was_asked_for(bare: Start) -> None:
    changes = merged(ENDS, {"issue": {"read": {"expires": None}}})
    here = start(bare, changes, {"made": 0, "ends": 14 * 86400})
    ends = here.manager().issue(here.key(), here.inherited()).ends
    assert ends is not None
    assert abs(ends - datetime.now(UTC) - 14 * DAY) < timedelta(minutes=2)
    assert here.stub.asked[-1].json["ttl"] == 14 * 86400


@pytest.mark.parametrize(
    ("item", "days", "words"),
    [
        ({"made": 0, "ends": None}, 30, "ends at a date, and the current one does not"),
        ({"made": 0, "ends": 14 * 86400}, 7, "sooner than the current one's lifetime"),
    ],
)
def test_a_successor_that_ends_sooner_is_ended_at_once(
    bare: Start, item: Mapping[str, object], days: int, words: str
) -> None:
    here = start(bare, ENDS, item, ends=(datetime.now(UTC) + days * DAY).timestamp())
    with pytest.raises(TargetMismatch, match=words):
        here.manager().issue(here.key(), here.inherited())
    assert here.stub.seen("DELETE") == ["DELETE /keys/k2"]


@pytest.mark.parametrize("late", [timedelta(seconds=-50), timedelta(), 400 * DAY])
def test_clocks_may_differ_and_longer_is_the_issuers_to_say(bare: Start, late: timedelta) -> None:
    ends = datetime.now(UTC) + 14 * DAY + late
    here = start(bare, ENDS, {"made": 0, "ends": 14 * 86400}, ends=ends.isoformat())
    assert here.manager().issue(here.key(), here.inherited()).ends == ends


def test_a_date_means_all_of_its_day(bare: Start) -> None:
    changes = merged(ENDS, {"issue": {"body": {"ttl": None, "on": "{kept.ends|date}"}}})

    def make(asked: IssuerRequest) -> object:
        return {"id": "k2", "key": NEW, "ends": asked.json["on"]}

    here = start(bare, changes, {"made": "2026-01-01T23:00:00Z", "ends": "2026-01-15"})
    here.answers["POST /keys"] = make
    made = here.manager().issue(here.key(), here.inherited())
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert made.ends in (today + 14 * DAY, today + 15 * DAY)  # midnight may pass meanwhile


# --- ways in which the old key is gone already ---

REPLACE: dict[str, Any] = {
    "fields": {"key": "api_key"},
    **dict.fromkeys(("issue", "revoke")),
    "replace": {
        "request": "POST /rotate",
        "body": {"s": "{kept.s}"},
        "read": {"key": "key", "s": "s"},
    },
    "list": {
        "request": "GET /client",
        "read": {"keys": "[@]", "id": None, "label": None, "s": "s"},
    },
}


def test_the_only_key_is_stored_although_it_lacks_something(
    bare: Start, caplog: pytest.LogCaptureFixture
) -> None:
    here = bare(
        {"GET /client": {"s": ["a", "b"]}, "POST /rotate": {"key": NEW, "s": ["a"]}}, **REPLACE
    )
    key = here.key()
    (listed,) = here.manager().listed()
    with caplog.at_level(logging.WARNING):
        made = here.manager().issue(key, here.manager().inspect(listed, key).kept)
    assert made.render()["api_key"] == NEW
    assert "lacks 'b' of its 's'" in caplog.text


def test_a_replaced_key_that_is_the_same_is_refused(bare: Start) -> None:
    here = bare({"POST /rotate": {"key": OLD, "s": "x"}}, **REPLACE)
    with pytest.raises(Misconfigured, match="answered the key that is in use"):
        here.manager().issue(here.key(), {})


def test_a_refused_value_names_what_was_carried_over(bare: Start) -> None:
    changes: dict[str, Any] = {
        "fields": {"key": "api_key"},
        **dict.fromkeys(("issue", "revoke")),
        "set": {"request": "PUT /me", "body": {"password": "{key}", "tags": "{kept.tags}"}},
        "list": {"read": {"id": None, "label": None, "tags": "tags"}},
    }
    here = bare({"PUT /me": StubAnswer(422, {"why": "history"})}, **changes)
    here.description["set"]["because"] = {"why == 'history'": "it was in use before"}
    key = here.key()
    words = r"does not take the new key \(HTTP 422\): it was in use before"
    with pytest.raises(RejectedByPolicy, match=words) as caught:
        here.manager().set_key(here.issuer.choose(key), accepted=key, kept={"tags": ["x"]})
    assert "(kept.tags)" in caught.value.do
