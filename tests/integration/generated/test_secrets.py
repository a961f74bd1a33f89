"""Secrets as people have them, rotated by the real function and read as clients read them."""

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from local.bootstrap import ROOT
from rotators.generated.testing import KEYRING, GeneratedTarget
from rotators.generated.testing.clients import sign, verifies
from rotators.generated.testing.secrets import SHARED_KEYRING
from tests.lab import Document, Lab, LabSecret
from tests.leaked import end_leaked

PAGE = (ROOT / "docs" / "generated.md").read_text()
ROTATIONS = 3


def attached(lab: Lab, value: str, **settings: str) -> LabSecret:
    """A secret of this value, with the function attached."""
    target = GeneratedTarget("keyring", KEYRING)
    target.settings = settings
    arn = lab.client.create_secret(Name=f"test/{uuid.uuid4()}", SecretString=value)["ARN"]
    return LabSecret(lab, target, arn, lab.functions.add(target))


def rotate(secret: LabSecret, **more: bool) -> None:
    outcome = secret.rotate(**more)
    assert outcome.state == "succeeded", outcome.error


def written(secret: LabSecret) -> str:
    return secret.lab.client.get_secret_value(SecretId=secret.arn)["SecretString"]


def examples() -> list[Document]:
    return [
        json.loads(each)
        for each in re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    ]


def clients() -> dict[str, Any]:
    """What the page's Python defines."""
    defined: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        exec(block, defined)  # noqa: S102 - the page's own code
    return defined


@pytest.mark.parametrize(
    "document", examples(), ids=lambda each: "+".join(each["rotation"]["generate"])
)
def test_a_secret_of_the_page_is_rotated_and_only_what_it_names_changes(
    lab: Lab, document: Document
) -> None:
    secret = attached(lab, json.dumps(document))
    values = [document]
    for _ in range(ROTATIONS):
        rotate(secret)
        values.append(secret.value())
    named = document["rotation"]["generate"]
    assert all(list(each) == list(document) for each in values)
    for field in document:
        distinct = {json.dumps(each[field]) for each in values}
        rule = named.get(field)
        turns = 1 if "usage_delay" in str(rule) else ROTATIONS  # too soon to turn again
        assert len(distinct) > turns if rule else len(distinct) == 1, field


def test_the_pages_clients_understand_each_other(lab: Lab) -> None:
    tokens, webhook, cookies = (examples()[number] for number in (1, 2, 3))
    page = clients()
    secret = attached(lab, json.dumps(tokens))
    rotate(secret)
    before = secret.value()["jwt"]
    token = page["signed"](before, {"sub": "app", "exp": time.time() + 60})
    rotate(secret)
    jwks = {"keys": secret.value()["jwt"]["accepted"]}
    assert page["verified"](jwks, token)["sub"] == "app"
    forged = page["signed"](before, {"sub": "admin", "exp": time.time() + 60})
    mixed = ".".join([*forged.split(".")[:2], token.split(".")[2]])
    with pytest.raises(InvalidSignature):
        page["verified"](jwks, mixed)
    secret = attached(lab, json.dumps(webhook))
    rotate(secret)
    rotate(secret)
    held = [secret.value(each)["signing_secret"] for each in ("AWSCURRENT", "AWSPREVIOUS")]
    given = page["signature"](held[1], b"body")
    assert page["is_from_the_sender"](held, b"body", given)
    assert not page["is_from_the_sender"](held, b"another", given)
    secret = attached(lab, json.dumps(cookies))
    rotate(secret)
    cookie = page["cookie"](secret.value()["cookies"], "user.1")
    rotate(secret)
    assert page["value_of"](secret.value()["cookies"], cookie) == "user.1"
    assert page["value_of"](secret.value()["cookies"], cookie.replace("1.", "2.")) is None


@pytest.mark.parametrize(
    ("value", "said", "shape"),
    [
        ("initial value", {"SecretString": {"kind": "hex", "bits": 128}}, r"[0-9a-f]{32}"),
        ("12345678", {"SecretString": "text"}, r"[A-Za-z0-9_.]{32}"),
        ('{"jwt_secret":"x"}', {"jwt_secret": "base64url"}, r'\{"jwt_secret":"[\w-]{43}"\}'),
    ],
)
def test_a_secret_with_no_room_for_a_rule_goes_by_the_functions(
    lab: Lab, value: str, said: Mapping[str, object], shape: str
) -> None:
    secret = attached(lab, value, GENERATE=json.dumps(said))
    found = {value}
    for _ in range(ROTATIONS):
        rotate(secret)
        found.add(written(secret))
        assert re.fullmatch(shape, written(secret))
    assert len(found) == ROTATIONS + 1


def test_a_value_that_a_person_stored_is_only_warned_of_where_it_is_only_tested(
    lab: Lab, output: Callable[[], str]
) -> None:
    document = {"jwt_secret": "hunter2", "rotation": {"generate": {"jwt_secret": "hex"}}}
    secret = attached(lab, json.dumps(document))
    rotate(secret, RotateImmediately=False)
    assert secret.value() == document
    assert "'jwt_secret' is no hex: the next rotation replaces it" in output()
    login = secret.diagnose().of("login", "AWSCURRENT")
    assert (login["state"], login["code"]) == ("warning", "Rejected")
    rotate(secret)
    assert secret.diagnose().of("login", "AWSCURRENT")["state"] == "ok"


@pytest.mark.parametrize("rule", [{"kind": "hex", "keyring": True}, "ed25519", "text"], ids=str)
def test_a_value_that_is_not_there_yet_is_only_warned_of_where_it_is_only_tested(
    lab: Lab, output: Callable[[], str], rule: object
) -> None:
    secret = attached(lab, json.dumps({"it": None, "rotation": {"generate": {"it": rule}}}))
    rotate(secret, RotateImmediately=False)
    assert secret.value()["it"] is None
    assert re.search(r"'it' has no [a-z ]+ yet: the next rotation replaces it", output())
    assert secret.diagnose().of("login", "AWSCURRENT")["state"] == "warning"
    rotate(secret)
    assert secret.diagnose().of("login", "AWSCURRENT")["state"] == "ok"


@pytest.mark.parametrize("text", ["an-initial-text", "-----BEGIN {}".format("PRIVATE KEY-----\nx")])
def test_a_text_in_the_place_of_a_pair_is_only_warned_of_where_it_is_only_tested(
    lab: Lab, output: Callable[[], str], text: str
) -> None:
    """As GenerateSecretString makes one."""
    secret = attached(lab, json.dumps({"it": text, "rotation": {"generate": {"it": "ed25519"}}}))
    rotate(secret, RotateImmediately=False)
    assert "'it' has no key pair yet: the next rotation replaces it" in output()
    rotate(secret)
    assert secret.diagnose().of("login", "AWSCURRENT")["state"] == "ok"


def test_a_keyring_outlives_other_password_rules(lab: Lab) -> None:
    """Which are the function's, for all that it makes: clients go on with keys made before."""
    ring = {"it": None, "rotation": {"generate": {"it": {"kind": "text", "keyring": True}}}}
    secret = attached(lab, json.dumps(ring))
    rotate(secret)
    other = GeneratedTarget("it", KEYRING)
    other.settings = {"PASSWORD_LENGTH": "40", "EXCLUDE_CHARACTERS": "aeiou"}
    secret.function = lab.functions.add(other)
    for _ in range(3):
        rotate(secret)
    assert secret.diagnose().of("login", "AWSCURRENT")["state"] == "ok"
    key = secret.value()["it"]["active"]["key"]
    assert len(key) == 40
    assert not set(key) & set("aeiou")


def test_a_plain_text_never_looks_like_json(lab: Lab) -> None:
    """Or the next step could not read it."""
    only = ["EXCLUDE_LOWERCASE", "EXCLUDE_UPPERCASE", "EXCLUDE_NUMBERS"]
    rest = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`|~"
    settings = {**dict.fromkeys(only, "true"), "EXCLUDE_CHARACTERS": rest, "PASSWORD_LENGTH": "200"}
    settings |= {"GENERATE": '{"SecretString": "text"}', "REQUIRE_EACH_INCLUDED_TYPE": "false"}
    secret = attached(lab, "a-text-of-before", **settings)
    for _ in range(ROTATIONS):
        rotate(secret)
        assert written(secret).startswith("}")


@pytest.mark.parametrize("rule", ["ed25519", {"kind": "hex", "keyring": True}], ids=str)
def test_a_plain_text_holds_one_value(lab: Lab, rule: object) -> None:
    secret = attached(lab, "a-text-of-before", GENERATE=json.dumps({"SecretString": rule}))
    outcome = secret.rotate()
    assert outcome.state == "failed"
    assert "makes more than one value" in str(outcome.error)
    assert written(secret) == "a-text-of-before"


def test_a_pair_that_does_not_match_fails_where_it_is_only_tested(lab: Lab) -> None:
    target = GeneratedTarget("keyring", KEYRING)
    other = GeneratedTarget("keyring", KEYRING).document["keyring"]
    secret = lab.secret(target)
    secret.store({**secret.value(), "keyring": {**secret.value()["keyring"], "active": {
        **secret.value()["keyring"]["active"], "private_key": other["active"]["private_key"],  # type: ignore[index]
    }}})  # fmt: skip
    outcome = secret.rotate(RotateImmediately=False)
    assert outcome.state == "failed"
    assert "'keyring' does not accept what one of its keys signs" in str(outcome.error)


def test_no_part_of_a_keyring_is_in_the_output(lab: Lab, output: Callable[[], str]) -> None:
    secret = lab.secret(GeneratedTarget("keyring", SHARED_KEYRING))
    rotate(secret)
    leaked = secret.holder("AWSPREVIOUS") or ""
    rings = [secret.value()["keyring"], secret.version(leaked)["keyring"]]
    told = json.dumps(end_leaked(secret, leaked)) + str(secret.diagnose().answer) + output()
    keys = {key["key"] for ring in rings for key in ring["accepted"]}
    assert len(keys) == 3  # of which the rotation made one
    assert not [key for key in keys if key in told]


def test_a_leaked_versions_next_key_is_taken_out_too_and_verifiers_know_what_signs_then(
    lab: Lab,
) -> None:
    secret = lab.secret(GeneratedTarget("keyring", KEYRING))
    leaked, stolen = secret.holder("AWSCURRENT") or "", secret.value()["keyring"]
    rotate(secret)
    read_before = secret.value()["keyring"]
    assert all(verifies(read_before, token) for token in sign(stolen))  # `next` signs by now
    answer = end_leaked(secret, leaked)
    assert [each["what"] for each in answer["ended"]] == [
        "key 'second' of 'keyring'",
        "key 'first' of 'keyring'",
    ]
    assert answer["left"] == []
    ring = secret.value()["keyring"]
    assert not [token for token in sign(stolen) if verifies(ring, token)]
    (token, *_) = sign(ring)
    assert verifies(read_before, token)
    again = end_leaked(secret, leaked)
    assert (again["refused"]["proven"], again["ended"][0]["at"]) == (True, None)
    rotate(secret)
