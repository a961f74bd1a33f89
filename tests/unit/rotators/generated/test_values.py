"""Single values and pairs: what is made is what the rule says, and what is not is told."""

import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from rotators.generated.backend import GeneratedValues
from rotators.generated.forms.form import Moment
from shared.document.value import load_value
from shared.errors import MalformedSecret, Misconfigured, RotationError

NOW = Moment(datetime(2026, 1, 1, tzinfo=UTC), None)
NONE: Mapping[str, str] = {}


def made(
    rule: object,
    before: object = None,
    environment: Mapping[str, str] = NONE,
    **rotation: object,
) -> Any:  # noqa: ANN401 - any JSON
    """What createSecret would store, which testSecret then proves."""
    backend = GeneratedValues(environment)
    document = {"field": before, "rotation": {"generate": {"field": rule}, **rotation}}
    current = backend.parse(document)
    backend.check(current)
    form = current.forms["field"]
    value = form.renew(before, NOW)
    assert form.flaw(value) == ""
    return value


@pytest.mark.parametrize(
    ("rule", "before", "length"),
    [
        ("text", None, 32),
        ("text", "x" * 50, 50),
        ({"kind": "text", "length": 40}, "x" * 50, 40),
        ("hex", None, 64),
        ("hex", "ab" * 64, 128),
        ("hex", "no hex", 64),
        ({"kind": "hex", "bits": 128}, "ab" * 64, 32),
        ("base64", None, 44),
        ("base64url", None, 43),
        ({"kind": "base64url", "bits": 512}, None, 86),
    ],
)
def test_a_value_is_as_long_as_is_asked_for_or_as_the_one_before(
    rule: object, before: object, length: int
) -> None:
    assert len(made(rule, before)) == length


def test_text_is_made_by_the_rules_of_the_function_and_the_secret() -> None:
    environment = {"EXCLUDE_NUMBERS": "true"}
    value = made("text", None, environment, password_length=60, exclude_uppercase=True)
    assert len(value) == 60
    assert set(value) <= set(string.ascii_lowercase + "_.")
    assert len(made("text", "x" * 90, environment, password_length=60)) == 60


@pytest.mark.parametrize(
    ("kind", "alg", "size"),
    [("ed25519", "EdDSA", None), ("p-256", "ES256", 256), ("rsa-3072", "RS256", 3072)],
)
def test_a_pair_is_of_its_kind_and_another_ones_public_half_is_told(
    kind: str, alg: str, size: int | None
) -> None:
    form = (
        GeneratedValues(NONE)
        .parse({"field": None, "rotation": {"generate": {"field": kind}}})
        .forms["field"]
    )
    pair: Any = form.renew(None, NOW)
    private: Any = load_pem_private_key(pair["private_key"].encode(), None)
    assert getattr(private, "key_size", None) == size
    assert (pair["alg"], pair["jwk"]["alg"], pair["jwk"]["kid"]) == (alg, alg, pair["kid"])
    assert form.flaw(pair) == ""
    other = made("ed25519")
    assert "does not verify" in form.flaw({**pair, "jwk": {**other["jwk"], "kid": pair["kid"]}})
    assert "does not verify" in form.flaw({**pair, "kid": "another"})
    if kind != "ed25519":
        assert f"is no {kind} key" in form.flaw(other)


@pytest.mark.parametrize(
    ("rule", "value", "told"),
    [
        ("text", None, "has no value yet"),
        ("text", "aA1_", "is shorter than 32 characters"),
        ("text", "aA1_" + "!" * 40, "exclude"),
        ("text", "a" * 40, "too few characters of a class"),
        ("hex", "zz" * 32, "is no hex"),
        ("hex", "ab" * 16, "has fewer than 256 bits"),
        ("base64", "a_-=" * 16, "is no base64"),
        ("base64", "ü" * 16, "is no base64"),
        ("base64url", "a+/b" * 16, "is no base64url"),
        ("ed25519", None, "has no key pair yet"),
        ("ed25519", {"private_key": "x", "kid": "k", "jwk": {"kid": "k"}}, "is no ed25519 key"),
    ],
)
def test_what_is_not_as_the_rule_says_is_told_without_the_value(
    rule: object, value: object, told: str
) -> None:
    document = {"field": value, "rotation": {"generate": {"field": rule}}}
    assert told in GeneratedValues(NONE).parse(document).forms["field"].flaw(value)


WEAK: Mapping[str, object] = {"kind": "text", "length": 21}


@pytest.mark.parametrize(
    ("rule", "member"),
    [
        ({"kind": "hex", "bits": 120}, ".bits"),
        ({"kind": "hex", "bits": 129}, ".bits"),
        ({"kind": "hex", "bits": True}, ".bits"),
        ({"kind": "text", "length": 0}, ".length"),
        (WEAK, ""),
        ({"kind": "ed25519", "bits": 256}, ""),
        ({"kind": "hex", "length": 64}, ""),
        ({"kind": "md5"}, ""),
        ({"kind": ["hex"]}, ""),
        ([], ""),
        ({"kind": "hex", "keyring": 2}, ".keyring"),
        ({"kind": "hex", "keyring": {"kept": 2}}, ".keyring"),
        ({"kind": "hex", "keyring": {"keep": -1}}, ".keyring.keep"),
        ({"kind": "hex", "keyring": {"keep": "7w"}}, ".keyring.keep"),
        ({"kind": "hex", "keyring": {"usage_delay": 1}}, ".keyring.usage_delay"),
        ({"kind": "hex", "keyring": {"usage_delay": []}}, ".keyring.usage_delay"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_naming_its_place(rule: object, member: str) -> None:
    with pytest.raises(MalformedSecret) as caught:
        made(rule)
    assert caught.value.field == f"rotation.generate.field{member}"


@pytest.mark.parametrize("bits", [120, 256.5])
def test_the_same_in_the_functions_variable_fails_every_step(bits: float) -> None:
    with pytest.raises(Misconfigured) as caught:
        GeneratedValues({"GENERATE": f'{{"field": {{"kind": "hex", "bits": {bits}}}}}'})
    assert caught.value.field == "GENERATE"
    assert "'field.bits' in environment variable GENERATE" in str(caught.value)


@pytest.mark.parametrize("before", [{}, [], 1, True, {"host": "db"}])
@pytest.mark.parametrize("rule", ["text", "hex", "ed25519"])
def test_what_is_no_text_is_likelier_another_field(rule: str, before: object) -> None:
    with pytest.raises(MalformedSecret, match="not replaced") as caught:
        made(rule, before)
    assert caught.value.field == "field"


@pytest.mark.parametrize(
    ("secret", "environment", "field"),
    [
        ('{"a": "x"}', "", "SecretString"),
        ("plain", "", "SecretString"),
        ("plain", '{"a": "hex"}', "SecretString"),
        ('{"a": "x"}', '{"b": "hex"}', "b"),
        ('{"a": "x", "rotation": {"generate": {}}}', "", "rotation.generate"),
        ('{"a": "x", "rotation": {"generate": []}}', "", "rotation.generate"),
        ('{"a": "x", "rotation": {"generate": {"hunter2": "hex"}}}', "", "rotation.generate"),
        ('{"a": "x", "rotation": {"generate": {"rotation": "hex"}}}', "", "rotation.generate"),
        ('{"a": "x", "rotation": {"fields": {"b": "a"}}}', '{"a": "hex"}', "rotation"),
        ('{"a": "x", "rotation": {"generated": {"a": "hex"}}}', "", "rotation.generated"),
    ],
)
def test_a_secret_that_does_not_say_what_is_to_be_made_is_refused(
    secret: str, environment: str, field: str
) -> None:
    backend = GeneratedValues({"GENERATE": environment})
    document = load_value(secret)
    with pytest.raises(MalformedSecret) as caught:
        backend.parse(document)
    assert caught.value.field == field
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("said", ["hex", "[]", '"hex"', "{"])
def test_a_variable_that_is_no_object_is_told_before_any_secret_is_read(said: str) -> None:
    with pytest.raises(RotationError) as caught:
        GeneratedValues({"GENERATE": said})
    assert (caught.value.code, caught.value.field) == ("Misconfigured", "GENERATE")
