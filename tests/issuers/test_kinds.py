"""A real JupyterHub and our own small issuer behave the same, and HttpIssuer works with both."""

import json

import pytest

from rotators.http_api_key.testing.issuers.issuer import (
    Issuer,
    accepts,
    ask,
    issue,
    key_ids,
    tokens,
)
from shared.errors import Forbidden, Rejected, TargetMismatch
from tests.issuers.issuing import http_issuer, manager, stored_key, successor


def revoke(issuer: Issuer, key_id: str, admin: str | None = None) -> int:
    path = f"{tokens(issuer.owner)}/{key_id}"
    return ask(issuer, "DELETE", path, admin or issuer.admin).status


def test_an_issued_key_is_accepted(issuer: Issuer) -> None:
    _, key = issue(issuer, "first")
    reply = ask(issuer, "GET", "/user", key)
    assert (reply.status, reply.document["name"]) == (200, issuer.owner)
    assert accepts(issuer, key)


def test_keys_are_not_alike(issuer: Issuer) -> None:
    issued = [issue(issuer, "same note") for _ in range(3)]
    assert len({key_id for key_id, _ in issued}) == len({key for _, key in issued}) == 3
    assert all(accepts(issuer, key) for _, key in issued)


def test_the_answer_to_issue(issuer: Issuer) -> None:
    reply = ask(issuer, "POST", tokens(issuer.owner), issuer.admin, {"note": "a note"})
    assert reply.status == 201
    assert (reply.document["user"], reply.document["note"]) == (issuer.owner, "a note")
    assert reply.document["id"] in key_ids(issuer)


def test_a_list_has_notes_and_no_values(issuer: Issuer) -> None:
    key_id, key = issue(issuer, "found by this")
    listed = ask(issuer, "GET", tokens(issuer.owner), issuer.admin).document
    found = [one["id"] for one in listed["api_tokens"] if one["note"] == "found by this"]
    assert key_id in found
    assert key not in json.dumps(listed)
    assert not any("token" in one for one in listed["api_tokens"])


def test_owners_have_lists_of_their_own(issuer: Issuer) -> None:
    key_id, _ = issue(issuer, "mine")
    others = ask(issuer, "GET", tokens(issuer.other_owner), issuer.admin).document
    assert key_id not in {one["id"] for one in others["api_tokens"]}


def test_the_admin_is_somebody_else(issuer: Issuer) -> None:
    reply = ask(issuer, "GET", "/user", issuer.admin)
    assert reply.status == 200
    assert reply.document["name"] not in (issuer.owner, issuer.other_owner)


@pytest.mark.parametrize("bad", ["x", "0" * 32, "'; --"])
def test_a_made_up_key_is_not_accepted(issuer: Issuer, bad: str) -> None:
    assert not accepts(issuer, bad)


def test_no_key_is_not_accepted(issuer: Issuer) -> None:
    assert ask(issuer, "GET", "/user").status == 403


def test_revoked_once_and_again(issuer: Issuer) -> None:
    key_id, key = issue(issuer, "to go")
    kept_id, kept = issue(issuer, "to stay")
    assert revoke(issuer, key_id) == 204
    assert not accepts(issuer, key)
    assert key_id not in key_ids(issuer)
    assert revoke(issuer, key_id) == 404
    assert accepts(issuer, kept)
    assert kept_id in key_ids(issuer)


def test_a_key_is_not_revoked_by_another_owners_path(issuer: Issuer) -> None:
    key_id, key = issue(issuer, "app's")
    path = f"{tokens(issuer.other_owner)}/{key_id}"
    assert ask(issuer, "DELETE", path, issuer.admin).status == 404
    assert accepts(issuer, key)


def test_a_wrong_admin_may_do_nothing(issuer: Issuer) -> None:
    key_id, key = issue(issuer, "safe")
    before = key_ids(issuer)
    for method in ("GET", "POST"):
        assert ask(issuer, method, tokens(issuer.owner), "wrong", None).status == 403
    assert revoke(issuer, key_id, "wrong") == 403
    assert key_ids(issuer) == before
    assert accepts(issuer, key)


def test_an_owner_may_not_manage_another(issuer: Issuer) -> None:
    _, key = issue(issuer, "no admin")
    path = tokens(issuer.other_owner)
    assert ask(issuer, "POST", path, key, {"note": "n"}).status == 403
    assert ask(issuer, "GET", path, key).status == 404
    assert ask(issuer, "DELETE", f"{path}/a1", key).status == 404


def test_an_unknown_owner(issuer: Issuer) -> None:
    path = tokens("nobody")
    assert ask(issuer, "GET", path, issuer.admin).status == 404
    assert ask(issuer, "DELETE", f"{path}/a1", issuer.admin).status == 404
    # JupyterHub does not tell this from a missing right.
    assert ask(issuer, "POST", path, issuer.admin, {"note": "n"}).status == 403


@pytest.mark.parametrize("body", [b'{"note', b"[1]", b'"note"', b"\xff"])
def test_bad_json(issuer: Issuer, body: bytes) -> None:
    before = key_ids(issuer)
    assert ask(issuer, "POST", tokens(issuer.owner), issuer.admin, body).status == 400
    assert key_ids(issuer) == before


def test_an_unknown_path(issuer: Issuer) -> None:
    assert ask(issuer, "GET", "/nothing", issuer.admin).status == 404


def test_http_issuer_rotates(issuer: Issuer) -> None:
    client, account = http_issuer(issuer), manager(issuer)
    made = successor(account, issuer, *issue(issuer, "before"))
    key, key_id = made.key.reveal(), made.key_id
    assert key_id is not None
    client.probe(made)
    assert (key_id, account.key_label("v1")) in {(k.key_id, k.label) for k in account.listed()}
    for _ in range(2):
        account.revoke(key_id)
        assert not accepts(issuer, key)
    with pytest.raises(Rejected):
        client.probe(made)
    assert key_id not in {k.key_id for k in account.listed()}


def test_http_issuer_says_what_is_wrong(issuer: Issuer) -> None:
    key = stored_key(issuer, issue(issuer, "whose")[1], issuer.other_owner)
    with pytest.raises(TargetMismatch):
        http_issuer(issuer).probe(key)
    with pytest.raises(TargetMismatch):
        manager(issuer, "nobody").listed()
    with pytest.raises(Rejected, match="rejected the admin's key"):
        manager(issuer, admin="wrong").issue(stored_key(issuer), {})
    weak = issue(issuer, "not an admin's")[1]
    with pytest.raises(Forbidden, match="refused the admin's key a right"):
        manager(issuer, issuer.other_owner, admin=weak).issue(stored_key(issuer), {})
