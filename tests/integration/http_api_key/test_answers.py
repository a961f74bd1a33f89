"""What an answer shows of a key and of whoever asks, and which words say so."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import (
    Forbidden,
    Misconfigured,
    Rejected,
    RotationError,
    TargetMismatch,
    Unreachable,
)
from tests.issuers.bare import ADMIN, NEW, OLD, Start
from tests.issuers.scripted import StubAnswer

NO_TAG = StubAnswer(401, {"error": "not_authorised", "reason": "Not administrator user"})
WRONG = StubAnswer(401, {"error": "not_authorised", "reason": "Login failed"})
LACKS = "reason == 'Not administrator user'"
KEY = {"id": "k2", "key": NEW}
KEYS = {"keys": [{"id": "k1", "name": "by hand"}]}


def probing(**probe: object) -> dict[str, Any]:
    return {"probe": {"request": "GET /me", "rejected": [401], "authenticated": [], **probe}}


# --- the probe ---


def test_a_right_key_that_lacks_a_right_is_proved(bare: Start) -> None:
    """`expect` is not looked at then: such an answer does not say whose key it is."""
    here = bare(
        {"GET /me": NO_TAG}, **probing(authenticated=[LACKS], expect={"name": "{secret.owner}"})
    )
    here.issuer.probe(here.key())


def test_a_wrong_key_is_rejected_by_its_id_and_owner(bare: Start) -> None:
    here = bare(
        {"GET /me": WRONG, "GET /users/app": {}},
        **probing(authenticated=[LACKS]),
        list={"request": "GET /users/{secret.owner}"},
    )
    with pytest.raises(Rejected) as caught:
        here.issuer.probe(here.key())
    assert "rejected the key 'k1' of 'app' (HTTP 401)" in str(caught.value)
    assert "neither expired nor been revoked" in caught.value.do
    assert caught.value.field == "api_key"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_that_is_neither_does_not_tell(bare: Start, status: int) -> None:
    here = bare({"GET /me": StubAnswer(status)}, **probing(rejected=["reason == 'Login failed'"]))
    with pytest.raises(Forbidden, match="does not tell whether the key of the secret is right"):
        here.issuer.probe(here.key())


@pytest.mark.parametrize(
    ("found", "kind", "field"),
    [
        ({"name": "other", "active": True}, TargetMismatch, "owner"),
        ({"name": "app", "active": True, "id": "k9"}, TargetMismatch, "key_id"),
        ({"name": "app", "active": False, "id": "k1"}, Forbidden, "api_key"),
    ],
)
def test_what_is_expected_of_a_probe_names_its_field(
    bare: Start, found: object, kind: type[RotationError], field: str
) -> None:
    expect = {"name": "{secret.owner}", "id": "{id}", "active": True}
    here = bare({"GET /me": found}, **probing(expect=expect))
    with pytest.raises(kind) as caught:
        here.issuer.probe(here.key())
    assert caught.value.field == field


def test_a_number_is_told_with_its_field(bare: Start) -> None:
    here = bare({"GET /me": WRONG}, list={"request": "GET /accounts/{secret.account_id}/keys"})
    with pytest.raises(Rejected, match="the key 'k1' of 'account_id 4711'"):
        here.issuer.probe(here.key(account_id=4711))


# --- who may issue ---


@pytest.mark.parametrize("place", ["list", "issue", "revoke"])
def test_an_admin_without_a_right_is_not_a_wrong_one(bare: Start, place: str) -> None:
    here = bare(
        {"GET /keys": NO_TAG, "POST /keys": NO_TAG, "DELETE /keys/k1": NO_TAG},
        **{place: {"authenticated": [LACKS], "rejected": [401]}},
    )
    ask: dict[str, Callable[[], object]] = {
        "list": lambda: here.manager().listed(),
        "issue": lambda: here.manager().issue(here.key(), {}),
        "revoke": lambda: here.manager().revoke("k1"),
    }
    with pytest.raises(Forbidden, match=rf"refused the admin's key a right that issuer\.{place}"):
        ask[place]()
    here.answers |= {"GET /keys": WRONG, "POST /keys": WRONG, "DELETE /keys/k1": WRONG}
    with pytest.raises(Rejected, match="rejected the admin's key") as caught:
        ask[place]()
    assert caught.value.field == "admin_secret_arn"
    assert ADMIN not in str(caught.value)


def test_a_401_that_is_not_said_to_be_a_wrong_key_is_not_taken_for_one(bare: Start) -> None:
    here = bare({"GET /keys": NO_TAG}, list={"rejected": ["reason == 'Login failed'"]})
    with pytest.raises(Forbidden, match="refused the admin's key, and does not tell") as caught:
        here.manager().listed()
    assert caught.value.field == "admin_secret_arn"
    here.answers["GET /keys"] = WRONG
    with pytest.raises(Rejected):
        here.manager().listed()


@pytest.mark.parametrize(("status", "kind"), [(401, Rejected), (403, Forbidden)])
def test_a_key_that_is_its_own_admin_is_no_admins(
    bare: Start, status: int, kind: type[RotationError]
) -> None:
    here = bare({"GET /keys": StubAnswer(status)}, admin="self")
    with pytest.raises(kind) as caught:
        here.manager().listed()
    assert "admin" not in str(caught.value)
    assert caught.value.field == "api_key"


def test_a_request_with_the_keys_own_auth_is_the_keys(bare: Start) -> None:
    changes: dict[str, Any] = {
        "fields": {"key": "api_key"},
        **dict.fromkeys(("issue", "list", "revoke")),
        "set": {"request": "PUT /me", "auth": {"bearer": "{old}"}, "body": {"password": "{key}"}},
    }
    here = bare({"PUT /me": StubAnswer(401)}, **changes)
    key = here.key()
    with pytest.raises(Rejected, match="it rejected the key ") as caught:
        here.manager().set_key(here.issuer.choose(key), accepted=key, kept={})
    assert caught.value.field == "api_key"


def login() -> dict[str, Any]:
    request = {"request": "POST /login", "form": {"secret": "{admin.api_key}"}}
    return {
        "admin": {
            "auth": {"bearer": "{token}"},
            "login": {**request, "read": {"token": "t"}},
        }
    }


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_login_that_is_refused_is_told_as_one(bare: Start, status: int) -> None:
    here = bare({"POST /login": StubAnswer(status)}, **login())
    with pytest.raises(
        Misconfigured, match=r"does not let the admin log in as issuer\.admin\.login"
    ) as caught:
        here.manager().listed()
    assert caught.value.field == "admin_secret_arn"
    assert "as many keys" not in str(caught.value)


def test_a_login_without_a_token_names_the_expression(bare: Start) -> None:
    here = bare({"POST /login": {"token": "canary"}}, **login())
    with pytest.raises(
        Misconfigured, match=r"issuer\.admin\.login\.read\.token \(`t`\) finds"
    ) as caught:
        here.manager().listed()
    assert "canary" not in str(caught.value)


# --- reasons, places and expressions ---


@pytest.mark.parametrize(
    "answer",
    [
        StubAnswer(403, {"code": "limit"}),
        StubAnswer(200, {"code": "limit"}),
        StubAnswer(409, {"code": "limit"}),
    ],
)
def test_an_answer_that_is_no_success_is_explained(bare: Start, answer: StubAnswer) -> None:
    reasons = {"other": "another sentence", "code == 'limit'": "there are 100 keys, which is all"}
    here = bare({"POST /keys": answer}, issue={"because": reasons, "expect": {"ok": True}})
    with pytest.raises(RotationError, match=r"HTTP \d+\): there are 100 keys, which is all;"):
        here.manager().issue(here.key(), {})


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        (
            {"id": "k2"},
            r"issuer\.issue\.read\.key \(`key`\) finds nothing in the answer \(HTTP 200",
        ),
        ({"key": NEW}, r"issuer\.issue\.read\.id \(`id`\) finds nothing"),
        ({"key": NEW, "id": ["k2"]}, r"issuer\.issue\.read\.id \(`id`\) finds nothing"),
        ({"ok": False, **KEY}, r"issuer\.issue\.expect \(`ok`\) is not what"),
    ],
)
def test_what_is_not_there_names_its_place_and_the_expression(
    bare: Start, answer: object, place: str
) -> None:
    expect = {"ok": False} if not isinstance(answer, dict) or "ok" not in answer else {"ok": True}
    here = bare(
        {"POST /keys": answer, "DELETE /keys/k2": StubAnswer(204)},
        issue={"expect": expect if "ok" in str(answer) else {}},
    )
    with pytest.raises(Misconfigured, match=place) as caught:
        here.manager().issue(here.key(), {})
    assert NEW not in str(caught.value)


def test_a_key_that_is_not_as_expected_is_ended(bare: Start) -> None:
    here = bare(
        {"POST /keys": {"ok": False, **KEY}, "DELETE /keys/k2": StubAnswer(204)},
        issue={"expect": {"ok": True}},
    )
    with pytest.raises(Misconfigured):
        here.manager().issue(here.key(), {})
    assert here.stub.seen("DELETE") == ["DELETE /keys/k2"]


def test_listed_items_without_an_id_are_an_error(bare: Start) -> None:
    """Else nothing is ever found to be ended, rotation for rotation."""
    here = bare({"GET /keys": {"keys": [{"uid": 1}, {"uid": 2}]}})
    with pytest.raises(Misconfigured, match=r"issuer\.list\.read\.id \(`id`\) finds nothing"):
        here.manager().listed()


def test_items_to_be_skipped_are_no_accepted_keys(bare: Start) -> None:
    items = [{"id": "k1"}, {"id": "k2", "hasExpired": True}, {"id": None, "revoked": True}]
    here = bare({"GET /keys": {"keys": items}}, list={"skip": ["hasExpired", "revoked"]})
    assert [key.key_id for key in here.manager().listed()] == ["k1"]


@pytest.mark.parametrize(("status", "lists"), [(400, True), (422, True), (409, False)])
def test_a_refused_request_names_what_it_carried_over(
    bare: Start, status: int, *, lists: bool
) -> None:
    here = bare(
        {"POST /keys": StubAnswer(status)},
        issue={
            "body": {"scopes": "{kept.scopes}", "ttl": "{kept.lifetime}", "note": "{kept.note}"}
        },
        list={"read": {"scopes": "scopes", "note": "n", "created": "c", "expires": "e"}},
    )
    with pytest.raises(Misconfigured, match=r"issuer\.issue asks") as caught:
        here.manager().issue(here.key(), {"scopes": ["read"], "lifetime": 60})
    assert ("(kept.lifetime, kept.scopes)" in str(caught.value)) is lists
    assert "kept.note" not in str(caught.value)
    here.answers["GET /keys"] = StubAnswer(status)
    with pytest.raises(Misconfigured) as caught:
        here.manager().listed()
    assert "kept." not in str(caught.value)
    assert "as many keys" not in str(caught.value)


def test_a_value_in_a_header_is_found(bare: Start) -> None:
    made = StubAnswer(201, {"key": NEW}, headers={"X-Key-Id": "k7"})
    here = bare({"POST /keys": made}, issue={"read": {"id": {"header": "x-key-ID"}}})
    assert here.manager().issue(here.key(), {}).key_id == "k7"
    here.answers["POST /keys"] = StubAnswer(201, {"key": NEW})
    with pytest.raises(Misconfigured, match="the header x-key-id"):
        here.manager().issue(here.key(), {})


# --- where it is ---


@pytest.mark.parametrize("answer", [StubAnswer(404), StubAnswer(400), StubAnswer(body=b"<html>")])
def test_a_base_that_no_field_says_is_not_called_one(bare: Start, answer: StubAnswer) -> None:
    here = bare({"GET /keys": answer})
    here.description["base"] = here.stub.url
    with pytest.raises(RotationError) as caught:
        here.manager().listed()
    assert "issuer_url" not in str(caught.value)
    assert "api_url" not in str(caught.value)
    assert caught.value.field == "issuer"


def test_a_base_that_the_description_says_is_no_field_of_the_secret(bare: Start) -> None:
    """Not even where the secret has one of that name, which nothing is read from."""
    here = bare({})
    here.description["values"] = {"api_url": here.stub.url}
    with pytest.raises(TargetMismatch) as caught:
        here.manager().listed()
    assert caught.value.field == "issuer"
    assert "api_url" not in str(caught.value)


def test_an_admin_for_another_issuer_says_which_secret_has_it(bare: Start) -> None:
    here = bare({})
    here.description["base"] = here.stub.url
    with pytest.raises(TargetMismatch) as caught:
        here.manager(issuer_url="https://keys.example.org")
    assert caught.value.do == "correct 'issuer_url' in the admin's secret, or 'admin_secret_arn'"
    assert caught.value.field == "issuer"


def test_a_host_that_is_gone_is_the_issuers_to_say(bare: Start) -> None:
    here = bare({})
    here.description["base"] = "https://127.0.0.1:1"
    with pytest.raises(Unreachable) as caught:
        here.issuer.probe(here.key())
    assert caught.value.field == "issuer"


def test_a_probe_at_another_host_names_that_host(bare: Start) -> None:
    other = bare({"GET /me": StubAnswer(403)})
    here = bare({}, **probing(base=other.stub.url))
    with pytest.raises(Forbidden) as caught:
        here.issuer.probe(here.key())
    assert other.stub.url in str(caught.value)
    assert here.stub.url not in str(caught.value)


def test_a_404_names_the_fields_of_its_path(bare: Start) -> None:
    here = bare({}, **probing(request="GET /users/{secret.owner}/keys/{id}"))
    with pytest.raises(
        TargetMismatch, match="nothing by 'owner' or 'key_id' of the secret"
    ) as caught:
        here.issuer.probe(here.key())
    assert caught.value.field == "owner"
    assert OLD not in str(caught.value)
