"""A revocation is believed once it shows: by the key that is refused, or by the list."""

import logging
from typing import Any

import pytest

from rotators.http_api_key.account import endings
from shared.errors import Forbidden, Misconfigured
from tests.issuers.bare import NEW, OLD, Start
from tests.issuers.scripted import StubAnswer

PROVED: dict[str, Any] = {"revoke": {"proved": True}}
GONE = {"DELETE /keys/k1": StubAnswer(204), "GET /keys": {"keys": []}}


@pytest.fixture
def warned(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "rotation.rotators.http_api_key")
    return caplog


# --- proved ---


def test_a_key_that_is_refused_has_ended(bare: Start, warned: pytest.LogCaptureFixture) -> None:
    here = bare({**GONE, "GET /me": StubAnswer(401)}, **PROVED)
    manager = here.manager()
    assert manager.proves_end
    manager.revoke("k1", here.key())
    assert here.stub.seen() == ["DELETE /keys/k1", "GET /me"]
    assert here.stub.asked[-1].bearer == OLD
    assert not warned.records


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "key 'k1' was revoked, and is still accepted"),
        (StubAnswer(403), "may still be accepted: the issuer does not tell"),
        (StubAnswer(500), "may still be accepted: the issuer does not tell"),
    ],
)
def test_one_that_is_not_refused_is_warned_of(
    bare: Start, warned: pytest.LogCaptureFixture, answer: object, words: str
) -> None:
    here = bare({**GONE, "GET /me": answer}, **PROVED)
    here.manager().revoke("k1", here.key())
    assert words in warned.text
    assert OLD not in warned.text


def test_a_delay_is_waited_for(bare: Start, warned: pytest.LogCaptureFixture) -> None:
    answers = {**GONE, "GET /me": [{}, {}, StubAnswer(401)]}
    here = bare(answers, **PROVED, propagation="2s")
    here.manager().revoke("k1", here.key())
    assert here.stub.seen("GET") == ["GET /me"] * 3
    assert not warned.records


def test_a_long_delay_leaves_time_for_the_step(
    bare: Start, warned: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "MAX_PROOF_SECONDS", 0.2)
    here = bare({**GONE, "GET /me": {}}, **PROVED, propagation="10m")
    here.manager().revoke("k1", here.key())
    assert "still accepted" in warned.text


def test_without_its_value_the_list_is_all_there_is(
    bare: Start, warned: pytest.LogCaptureFixture
) -> None:
    here = bare({**GONE, "GET /keys": {"keys": [{"id": "k1"}]}}, **PROVED)
    manager = here.manager()
    manager.revoke("k1")
    manager.check_ended(["k1"])
    assert here.stub.seen() == ["DELETE /keys/k1", "GET /keys"]
    assert "key 'k1' was revoked, and is listed still" in warned.text


# --- listed ---


@pytest.mark.parametrize("shown", [["k1", "k3"], []])
def test_what_is_listed_still_is_warned_of(
    bare: Start, warned: pytest.LogCaptureFixture, shown: list[str]
) -> None:
    here = bare({**GONE, "GET /keys": {"keys": [{"id": key_id} for key_id in shown]}})
    manager = here.manager()
    manager.revoke("k1")
    manager.check_ended(["k1"])
    assert [record.getMessage() for record in warned.records] == [
        f"key '{key_id}' was revoked, and is listed still" for key_id in shown if key_id == "k1"
    ]


def test_a_delay_is_told_with_what_is_listed_still(
    bare: Start, warned: pytest.LogCaptureFixture
) -> None:
    """Nobody looks again later, so that keys would gather without a word."""
    here = bare({**GONE, "GET /keys": {"keys": [{"id": "k1"}]}}, propagation="30s")
    here.manager().check_ended([])
    assert here.stub.asked == []
    here.manager().check_ended(["k1"])
    words = "key 'k1' was revoked, and is listed still, which the issuer may take 30 s for"
    assert words in warned.text


def test_a_list_that_fails_fails_no_step(bare: Start, warned: pytest.LogCaptureFixture) -> None:
    here = bare({"GET /keys": StubAnswer(500)})
    here.manager().check_ended(["k1"])
    assert "is not known: the list failed" in warned.text


# --- not there ---


@pytest.mark.parametrize(("admin", "who"), [({}, "the admin's key"), ("self", "the key")])
def test_a_key_that_is_listed_and_not_there_is_not_ended_by_that_path(
    bare: Start, admin: object, who: str
) -> None:
    here = bare({"GET /keys": {"keys": [{"id": "k1"}]}}, admin=admin)
    words = r"the key is listed, yet cannot be ended at the path of issuer\.revoke \(HTTP 404\)"
    with pytest.raises(Forbidden, match=words) as caught:
        here.manager().revoke("k1")
    assert caught.value.do == f"check 'revoke' in the issuer's description, and the rights of {who}"


def test_a_key_that_is_not_there_any_more_has_ended(bare: Start) -> None:
    here = bare({"GET /keys": {"keys": [{"id": "k0"}]}})
    here.manager().revoke("k1")
    assert here.stub.seen() == ["DELETE /keys/k1", "GET /keys"]


def test_keys_that_only_expire_are_not_ended(bare: Start) -> None:
    here = bare({}, revoke="expires")
    manager = here.manager()
    assert not manager.can_revoke
    manager.revoke("k1", here.key())
    assert here.stub.asked == []


# --- a key that nobody gets ---


def test_a_key_that_is_its_own_id_is_ended_as_it_is_found_out(
    bare: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """The next attempt would find it by its label, and name it in the log as it revokes it."""
    answers = {"POST /keys": {"id": NEW, "key": NEW}, f"DELETE /keys/{NEW}": StubAnswer(204)}
    here = bare(answers)
    with pytest.raises(Misconfigured, match="finds the key itself for its id"):
        here.manager().issue(here.key(), {})
    assert here.stub.seen() == ["POST /keys", f"DELETE /keys/{NEW}"]
    assert NEW not in caplog.text
