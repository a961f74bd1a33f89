"""An answer that takes the issuer a while: asked for with the same key, at the same origin."""

from typing import Any

import pytest

from rotators.http_api_key.http import polling
from shared.errors import Forbidden, Misconfigured, Unreachable
from tests.issuers.bare import ADMIN, NEW, Start, merged
from tests.issuers.scripted import Cut, IssuerRequest, StubAnswer

POLL: dict[str, Any] = {
    "issue": {
        "poll": {"url": {"header": "Location"}, "until": "state == 'done'"},
        "expect": {"state": "done"},
    }
}
DONE = {"state": "done", "id": "k2", "key": NEW}
ACCEPTED = StubAnswer(202, headers={"Location": "/operations/7?a=b"})


def cut(_: IssuerRequest) -> object:
    raise Cut


@pytest.mark.parametrize(
    "between",
    [
        [],
        [StubAnswer(202), StubAnswer(202, {"state": "busy"})],
        [StubAnswer(404), StubAnswer(500), StubAnswer(429)],
        [{"state": "busy"}, cut, StubAnswer(200, b"<html>")],
    ],
)
def test_it_is_asked_until_it_is_done(bare: Start, between: list[object]) -> None:
    here = bare({"POST /keys": ACCEPTED, "GET /operations/7": [*between, DONE]}, **POLL)
    made = here.manager().issue(here.key(), {})
    assert (made.key_id, made.render()["api_key"]) == ("k2", NEW)
    first, *asked = here.stub.asked
    assert len(asked) == len(between) + 1
    for each in asked:
        assert (each.method, each.query, each.body) == ("GET", {"a": "b"}, b"")
        assert each.headers["authorization"] == f"Bearer {ADMIN}"
        assert "content-type" not in each.headers
    assert first.method == "POST"


def test_what_is_done_first_is_not_what_is_done_last(bare: Start) -> None:
    changes = merged(POLL, {"issue": {"done": [202]}})
    here = bare({"POST /keys": ACCEPTED, "GET /operations/7": [StubAnswer(202), DONE]}, **changes)
    assert here.manager().issue(here.key(), {}).key_id == "k2"


def test_the_address_may_be_in_the_answer(bare: Start) -> None:
    changes = merged(POLL, {"issue": {"poll": {"url": "operation.url"}}})
    here = bare({"GET /operations/7": DONE}, **changes)
    url = f"{here.stub.url}/operations/7"
    here.answers["POST /keys"] = StubAnswer(202, {"operation": {"url": url}})
    assert here.manager().issue(here.key(), {}).key_id == "k2"


def test_an_answer_that_is_done_at_once_is_the_answer(bare: Start) -> None:
    here = bare({"POST /keys": StubAnswer(201, DONE)}, **POLL)
    assert here.manager().issue(here.key(), {}).key_id == "k2"
    assert here.stub.seen() == ["POST /keys"]


def test_an_answer_that_leads_nowhere_names_the_place(bare: Start) -> None:
    here = bare({"POST /keys": StubAnswer(202, {"state": "busy"})}, **POLL)
    with pytest.raises(Misconfigured, match=r"issuer\.issue\.poll\.url \(the header location\)"):
        here.manager().issue(here.key(), {})


@pytest.mark.parametrize("form", ["{other}/operations/7", "https://localhost\\@{host}/x", "//x:y"])
def test_no_other_origin_gets_the_key(bare: Start, form: str) -> None:
    other = bare({"GET /operations/7": DONE})
    here = bare({}, **POLL)
    host = here.stub.url.removeprefix("https://")
    target = form.format(other=other.stub.url, host=host)
    here.answers["POST /keys"] = StubAnswer(202, headers={"Location": target})
    with pytest.raises(Misconfigured, match="leads to another origin, which gets no key"):
        here.manager().issue(here.key(), {})
    assert (len(here.stub.asked), other.stub.asked) == (1, [])


def test_a_refusal_meanwhile_is_one(bare: Start) -> None:
    here = bare({"POST /keys": ACCEPTED, "GET /operations/7": StubAnswer(403)}, **POLL)
    with pytest.raises(Forbidden, match="refused the admin's key a right"):
        here.manager().issue(here.key(), {})


def test_what_is_not_done_in_time_may_be_later(
    bare: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "MAX_SECONDS", 0.3)
    here = bare({"POST /keys": ACCEPTED, "GET /operations/7": {"state": "busy"}}, **POLL)
    with pytest.raises(
        Unreachable, match=r"issuer\.issue\.poll\.until \(`state == 'done'`\)"
    ) as at:
        here.manager().issue(here.key(), {})
    assert at.value.retryable
    assert len(here.stub.asked) > 2


def test_an_operation_that_failed_is_no_key(bare: Start) -> None:
    changes = merged(POLL, {"issue": {"poll": {"until": "state != 'busy'"}}})
    changes["issue"]["because"] = {"state == 'failed'": "the account has no room"}
    here = bare({"POST /keys": ACCEPTED, "GET /operations/7": {"state": "failed"}}, **changes)
    with pytest.raises(Misconfigured, match=r"issue\.expect \(`state`\) .* has no room"):
        here.manager().issue(here.key(), {})
