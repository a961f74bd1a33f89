"""What finds a value in an answer."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotators.http_api_key.description.expressions import (
    ExpressionError,
    Header,
    compile_expression,
)
from rotators.http_api_key.description.places import Place

any_text = st.text(st.characters(exclude_categories=["Cs"]))


def search(expression: str, answer: object) -> object:
    return compile_expression(expression, "here").search(answer)


@given(any_text, st.booleans(), st.booleans())
def test_base64_is_decoded(text: str, url: bool, padded: bool) -> None:
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    encoded = encode(text.encode()).decode()
    answer = {"a": encoded if padded else encoded.rstrip("=")}
    assert search("base64_decode(a)", answer) == text


@pytest.mark.parametrize("value", ["a*b", "aGk=aGk=", "/w==", "a", 7, None])
def test_what_is_no_base64_finds_nothing(value: object) -> None:
    assert search("base64_decode(a)", {"a": value}) is None


def test_json_in_a_string_is_read() -> None:
    inner = json.dumps({"key": {"secret": "s"}})
    assert search("parse_json(a).key.secret", {"a": inner}) == "s"
    encoded = base64.b64encode(inner.encode()).decode()
    assert search("parse_json(base64_decode(a)).key.secret", {"a": encoded}) == "s"
    assert search("parse_json(a)", {"a": "{"}) is None
    assert search("parse_json(a)", {"a": "[" * 100_000}) is None


def test_a_header_is_found_by_any_letters() -> None:
    found = Place({"header": "X-Api-Key"}, "issue.read.key").found()
    assert found == Header("x-api-key", "issue.read.key")
    assert found.search({"x-api-key": "of the body"}, {"x-api-key": "k"}) == "k"
    assert found.search({}, {}) is None
    assert found.search({}) is None


def test_it_names_its_place_and_itself() -> None:
    assert str(compile_expression("key.secret", "issue.read.key")) == (
        "issue.read.key (`key.secret`)"
    )
    assert str(Header("location", "issue.read.id")) == "issue.read.id (the header location)"
    long = str(compile_expression("'" + "\x07" * 500 + "'", "x"))
    assert len(long) < 120
    assert long.isprintable()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)
pieces = st.sampled_from(
    ["a", "b", ".", "[0]", "[*]", "[?a]", "|", "&a", "(", ")", ",", "`7`", "'x'", "@", "!", "=="]
    + [f"{name}(" for name in ("length", "sort_by", "map", "parse_json", "base64_decode", "nope")]
)


@given(st.lists(pieces, max_size=8).map("".join), json_values)
def test_any_text_is_an_expression_that_can_be_evaluated_or_none(text: str, answer: object) -> None:
    try:
        expression = compile_expression(text, "here")
    except ExpressionError as error:
        assert str(error).startswith("is ")
    else:
        assert "nope(" not in text
        json.dumps(expression.search(answer))
        expression.holds(answer)


@pytest.mark.parametrize(
    ("expression", "holds"),
    [("a", True), ("b", False), ("!b", True), ("c", False), ("d", True), ("nothing", False)],
)
def test_a_condition_holds(expression: str, holds: bool) -> None:
    answer = {"a": "x", "b": [], "c": "", "d": 0}
    assert compile_expression(expression, "here").holds(answer) is holds
