"""A value in the quotes of another language is read there as the value, or refused."""

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rotators.http_api_key.description.templates import Template, Values
from shared.errors import MalformedSecret, Misconfigured
from shared.secret import Secret

values = st.text(
    st.one_of(
        st.sampled_from("'\"`\\\n\t\r\0\x7f\x85;-{}$%"),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1,
)


def read_sql(literal: str) -> str:
    """What a server reads: a quote within is doubled, and by its settings `\\` may escape."""
    quote = literal[0]
    assert re.fullmatch(rf"{quote}(?:[^{quote}\\]|{quote}{quote})*{quote}", literal, re.DOTALL)
    return literal[1:-1].replace(quote * 2, quote)


def read_influxql(literal: str) -> str:
    """As scanner.go of InfluxDB 1: these escapes, no line break, and the first quote ends it."""
    quote, value, rest = literal[0], "", literal[1:]
    escapes = {"n": "\n", "\\": "\\", "'": "'", '"': '"'}
    while rest[0] != quote:
        assert rest[0] != "\n"
        if rest[0] == "\\":
            value, rest = value + escapes[rest[1]], rest[2:]
        else:
            value, rest = value + rest[0], rest[1:]
    assert rest == quote
    return value


def read_graphql(literal: str) -> str:
    """As the specification of October 2021, 2.9.4: no line break, and no pair of escapes."""
    assert re.fullmatch(r'"(?:[^"\\\r\n]|\\u[0-9a-fA-F]{4}|\\["\\/bfnrt])*"', literal)
    assert not re.search(r"\\u[dD][89a-fA-F]", literal)
    value: str = json.loads(literal, strict=False)
    return value


READERS: list[tuple[str, str, Callable[[str], str]]] = [
    ("sql", "'", read_sql),
    ("sql", '"', read_sql),
    ("sql", "`", read_sql),
    ("influxql", "'", read_influxql),
    ("influxql", '"', read_influxql),
    ("graphql", '"', read_graphql),
    ("json", '"', json.loads),
]


@pytest.mark.parametrize(("form", "quote", "read"), READERS)
@given(value=values)
@example(value="o'brien")
@example(value='" or ""="')
@example(value="\\' or 1=1 --")
@example(value="\U0001f511")
def test_it_is_read_as_the_value_or_refused(
    form: str, quote: str, read: Callable[[str], str], value: str
) -> None:
    template = Template.parse(f"SET {quote}{{secret.v|{form}}}{quote}")
    try:
        text = template.text(Values(secret={"v": value}))
    except MalformedSecret as refused:
        assert form in ("sql", "influxql")
        assert re.search(r"[\\\x00-\x1f\x7f-\x9f]", value)
        assert refused.field == "v"
    else:
        assert read(text.removeprefix("SET ")) == value


@pytest.mark.parametrize("value", ["plain", "it's", 'a "b"', "ümlaut", "\U0001f511", "a`b"])
def test_a_usual_value_is_not_refused(value: str) -> None:
    for form, quote, read in READERS:
        text = Template.parse(f"{quote}{{key|{form}}}{quote}").text(
            Values(confidential={"key": Secret(value)})
        )
        assert read(text) == value


@pytest.mark.parametrize("form", ["sql", "influxql"])
@pytest.mark.parametrize("character", ["\0", "\t", "\r", "\x1b", "\x7f", "\x85"])
def test_a_control_character_is_refused(form: str, character: str) -> None:
    with pytest.raises(MalformedSecret, match="control character"):
        Template.parse(f"'{{secret.v|{form}}}'").text(Values(secret={"v": f"a{character}b"}))


def test_a_key_that_cannot_stand_there_is_not_shown() -> None:
    values = Values(confidential={"key": Secret("can\\ary")})
    with pytest.raises(Misconfigured, match=r"\{key\} .* backslash") as caught:
        Template.parse("'{key|sql}'").text(values)
    assert "ary" not in str(caught.value)


def test_a_doubled_quote_before_it_ends_nothing() -> None:
    template = Template.parse("'it''s {secret.v|sql}'")
    assert template.text(Values(secret={"v": "o'b"})) == "'it''s o''b'"
    assert Template.parse("a\\'{secret.v|sql}'").text(Values(secret={"v": "x"})) == "a\\'x'"
    escaped = Template.parse('"a \\" b {secret.v|json}"')
    assert json.loads(escaped.text(Values(secret={"v": '"'}))) == 'a " b "'
