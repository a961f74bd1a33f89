"""What a description can say of keys, answers and values, at the page's made-up issuer."""

from collections.abc import Callable

import pytest

from shared.errors import Misconfigured, TargetMismatch
from shared.protocol.event import Step
from tests.issuers.described import (
    ALIKE,
    CONFIDENTIAL,
    EXAMPLES,
    ORDERED,
    PLAIN,
    QUOTED,
    Make,
)
from tests.issuers.keyshop import Keyshop
from tests.issuers.scripted import Stub


def test_a_key_that_only_lacks_a_right_is_as_good(make: Make, shop: Keyshop) -> None:
    shop.powerless = True
    for way in set(EXAMPLES) - {PLAIN}:
        secret = make(EXAMPLES[way][0])
        outcome = secret.rotate()
        assert outcome.state == "succeeded", (way, outcome.error)
        shop.users["app"]["password"] = "first"


@pytest.mark.parametrize("name", ['a"b', "a'b", "a\\b", "a\" = 'x' --", "ä"])
def test_a_name_in_a_statement_is_a_name(make: Make, shop: Keyshop, name: str) -> None:
    shop.users[name] = {"password": "first", "tags": []}
    others = {"password": "first", "tags": ["monitoring"]}
    secret = make({**EXAMPLES[QUOTED][0], "username": name})
    assert secret.rotate().state == "succeeded"
    assert shop.users[name]["password"] == secret.value()["password"] != "first"
    assert shop.users["app"] == others


def test_an_error_inside_a_success_is_told_with_its_place(make: Make, stub: Stub) -> None:
    secret = make(EXAMPLES[QUOTED][0])
    answer = stub.script
    refused = {"results": [{"error": "a text of the issuer's"}]}
    stub.script = lambda asked: refused if asked.path == "/v1/query" else answer(asked)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(
        Misconfigured, match=r"set\.expect .*results.*the statement was refused"
    ) as it:
        secret.step(event, Step.SET)
    assert "a text of" not in str(it.value)


def test_a_sentence_of_the_description_is_added(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[ALIKE][0])
    shop.limit = 1
    with pytest.raises(Misconfigured, match="the account has as many keys as it may"):
        secret.step(secret.begin(), Step.CREATE)


def test_a_key_of_another_kind_has_no_successor(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[ALIKE][0])
    shop.keys["1"]["resource"] = "lkc-1"
    with pytest.raises(TargetMismatch, match="key '1' is bound to a resource, which its successor"):
        secret.step(secret.begin(), Step.CREATE)
    assert len(shop.keys) == 1


def test_a_new_key_that_lacks_a_right_is_revoked(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[ALIKE][0])
    shop.keys["1"]["scopes"] = ["read", "write"]
    secret.store({**secret.value(), "scopes": ["read", "write"]})
    shop.grants = ["read"]
    with pytest.raises(TargetMismatch, match=r"lacks .*write"):
        secret.step(secret.begin(), Step.CREATE)
    assert list(shop.keys) == ["1"]


def test_a_key_that_has_lost_a_right_has_no_successor(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[ALIKE][0])
    assert secret.rotate().state == "succeeded"
    assert secret.value()["scopes"] == ["read"]
    shop.keys[secret.value()["key_id"]]["scopes"] = []
    with pytest.raises(
        TargetMismatch, match=r"has lost .*read.* since the last rotation"
    ) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == "scopes"
    assert len(shop.keys) == 2


def test_items_that_are_no_keys_are_left_out(make: Make, shop: Keyshop) -> None:
    shop.keys["0"] = {"id": None, "name": "was one", "secret": "ks_gone", "state": "expired"}
    secret = make(EXAMPLES[ALIKE][0])
    assert secret.rotate().state == "succeeded"
    shop.keys["0"]["state"] = "active"
    with pytest.raises(Misconfigured, match=r"list\.read\.id \(`id`\) finds nothing"):
        secret.step(secret.begin(), Step.CREATE)


def test_an_id_that_is_the_key_is_never_shown(
    make: Make, shop: Keyshop, output: Callable[[], str]
) -> None:
    secret = make(EXAMPLES[CONFIDENTIAL][0], OLD_KEY_ENDS="on-finish")
    issued = {secret.value()["token"]}
    for _ in range(3):
        assert secret.rotate().state == "succeeded"
        issued.add(secret.value()["token"])
    assert [key["secret"] for key in shop.keys.values()] == [secret.value()["token"]]
    shown = output()
    assert "revoked" in shown
    assert not [key for key in issued if key in shown]


def test_a_key_that_is_waited_for(make: Make, shop: Keyshop, stub: Stub) -> None:
    secret = make(EXAMPLES[ORDERED][0])
    assert secret.rotate().state == "succeeded"
    assert stub.seen().count("GET /v1/orders/2") == 2
    assert secret.value()["key_id"] == "2"
    ordered = [asked.json for asked in stub.asked if asked.path == "/v1/orders"]
    assert ordered[0]["ttl"] == "240h"
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    ordered = [asked.json for asked in stub.asked if asked.path == "/v1/orders"]
    assert [order["ttl"] for order in ordered] == ["240h"] * 3
    assert "DELETE" not in {asked.method for asked in stub.asked}
    assert len(shop.keys) == 4


def test_a_key_that_never_ends_is_asked_for_without_an_end(
    make: Make, shop: Keyshop, stub: Stub
) -> None:
    secret = make(EXAMPLES[ORDERED][0])
    shop.keys["1"]["expires_at"] = None
    assert secret.rotate().state == "succeeded"
    (ordered,) = [asked.json for asked in stub.asked if asked.path == "/v1/orders"]
    assert ordered.keys() == {"name"}
