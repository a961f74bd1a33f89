"""Text with names in it: each value is escaped for the place where it comes to stand."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotators.http_api_key.description.places import DescriptionError, Place
from rotators.http_api_key.description.requests import read_request
from rotators.http_api_key.description.templates import Template, Values
from rotators.http_api_key.http.calls import Call, base_url, make_call
from shared.errors import MalformedSecret, Misconfigured, RotationError
from shared.secret import Secret


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{a b}", "{secret}", "{secret.}", "{now+}", "{key.x}"]
)
def test_what_is_no_template(text: str) -> None:
    with pytest.raises(DescriptionError):
        Place(text, "x").template({"secret", "key", "now"})


def call(request: Mapping[str, Any], **values: Any) -> Call:  # noqa: ANN401 - a secret's fields
    names = {"secret", "key", "id", "now", "kept"}
    read, _ = read_request(Place({"request": "GET /x", **request}, ""), names)
    return make_call(read, "https://keys.test", Values(secret=values), {})


@given(value=st.text(min_size=1))
def test_a_value_in_a_path_stays_in_its_segment(value: str) -> None:
    try:
        url = call({"request": "GET /users/{secret.v}/keys"}, v=value).url
    except RotationError as error:
        assert isinstance(error, MalformedSecret)
    except UnicodeEncodeError:
        assert any("\ud800" <= c <= "\udfff" for c in value)
    else:
        assert re.fullmatch(r"https://keys\.test/users/[A-Za-z0-9%._~-]+/keys", url)
        assert "/../" not in url
        assert "/./" not in url


@given(value=st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_value_is_escaped_for_where_it_stands(value: str) -> None:
    made = call(
        {"query": {"q": "{secret.v}"}, "body": {"b": "{secret.v}", "c": "<{secret.v}>"}}, v=value
    )
    assert re.fullmatch(r"https://keys\.test/x\?q=[A-Za-z0-9%._~-]+", made.url)
    assert json.loads(made.body or b"") == {"b": value, "c": f"<{value}>"}
    form = call({"form": {"f": "{secret.v}"}}, v=value).body or b""
    assert re.fullmatch(rb"f=[A-Za-z0-9%._~+*-]+", form)
    header = re.compile(r"[!-~]([ -~]*[!-~])?")
    try:
        sent = call({"headers": {"X": "{secret.v}"}}, v=value).headers["X"]
    except MalformedSecret as refused:
        assert refused.field == "v"
        assert not header.fullmatch(value)
    else:
        assert sent == value


def test_a_name_alone_is_the_value_itself() -> None:
    body = {"a": "{secret.n}", "b": "{secret.m?}", "c": ["{kept.x}", 1], "d": None, "e": "{{}}"}
    made = call({"body": body, "query": {"q": "{secret.m?}"}}, n=7)
    assert json.loads(made.body or b"") == {"a": 7, "c": [1], "d": None, "e": "{}"}
    assert made.url == "https://keys.test/x"
    with pytest.raises(MalformedSecret, match="'m'"):
        call({"body": {"a": "{secret.m}"}}, n=7)


def test_times() -> None:
    kept = {"lifetime": 86400}
    body = {"a": "{now}", "b": "{now+90d|date}", "c": "{now+1h|unix}", "d": "{kept.ends|ms}"}
    request, _ = read_request(Place({"request": "GET /x", "body": body}, ""), {"now", "kept.ends"})
    values = Values(kept=kept)
    body_sent = json.loads(make_call(request, "https://keys.test", values, {}).body or b"")
    seconds = int(values.now.timestamp())
    assert body_sent["a"] == values.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", body_sent["b"])
    assert body_sent["c"] == seconds + 3600
    assert body_sent["d"] // 1000 == seconds + 86400


def test_basic_is_utf_8_and_its_name_has_no_colon() -> None:
    auth = {"auth": {"basic": ["{secret.u}", "p:ä"]}}
    assert call(auth, u="ü").headers["Authorization"] == "Basic w7w6cDrDpA=="
    with pytest.raises(MalformedSecret, match="'u'"):
        call(auth, u="a:b")


@pytest.mark.parametrize(
    ("template", "value", "url"),
    [
        ("https://{secret.v}/api", "keys.test", "https://keys.test/api"),
        ("https://{secret.v}.keys.test", "eu", "https://eu.keys.test"),
        ("https://keys.test/{secret.v}", "a/b", "https://keys.test/a%2Fb"),
        ("{secret.v}", "https://keys.test:8443/api/", "https://keys.test:8443/api"),
        ("https://{secret.v}.keys.test", "evil.test/", None),
        ("https://{secret.v}.keys.test", "evil.test#", None),
        ("https://{secret.v}.keys.test", "u@evil", None),
        ("https://{secret.v}.keys.test", "evil.test\\", None),
        ("https://keys.test/{secret.v}", "..", None),
        ("{secret.v}", "http://keys.test", None),
        ("{secret.v}", "https://u:p@keys.test", None),
    ],
)
def test_a_value_in_the_base_cannot_change_the_host(
    template: str, value: str, url: str | None
) -> None:
    parsed, values = Template.parse(template), Values(secret={"v": value})
    if url is not None:
        assert base_url(parsed, values, "v") == url
        return
    with pytest.raises(MalformedSecret) as caught:
        base_url(parsed, values, "v")
    assert value == ".." or value not in str(caught.value)


def test_a_call_shows_nothing_confidential() -> None:
    request, _ = read_request(
        Place({"request": "GET /x", "body": {"k": "{key}"}, "auth": {"bearer": "{key}"}}, ""),
        {"key"},
    )
    values = Values(confidential={"key": Secret("canary")}, secret={"api_key": "canary"})
    made = make_call(request, "https://keys.test", values, {})
    assert "canary" not in repr(made)
    assert "canary" not in repr(values)


def test_a_text_with_a_name_without_a_value_is_left_out() -> None:
    """`"{kept.lifetime}s"` of a key that never ends is no member at all."""
    request = {
        "query": {"ttl": "{kept.x}s", "a": "b"},
        "headers": {"X-Ttl": "for {secret.m?}", "X-A": "b"},
        "body": {"ttl": "{kept.x}s", "deep": ["to {secret.m?}", {"of": "{kept.x} {secret.n}"}]},
    }
    made = call(request, n=7)
    assert made.url == "https://keys.test/x?a=b"
    assert json.loads(made.body or b"") == {"deep": [{}]}
    assert made.headers["X-A"] == "b"
    assert "X-Ttl" not in made.headers
    form = call({"form": {"ttl": "{kept.x}s", "a": "b"}}).body
    assert form == b"a=b"
    full = call({**request, "query": {"m": "<{secret.m?}>"}}, n=7, m="x")
    assert full.url.endswith("?m=%3Cx%3E")
    assert full.headers["X-Ttl"] == "for x"


def test_what_must_have_a_value_is_not_left_out() -> None:
    with pytest.raises(MalformedSecret, match="'m'"):
        call({"body": {"a": "{kept.x?}", "b": "of {secret.m}"}})
    text = {"headers": {"Content-Type": "text/plain"}, "text": "{kept.x}s"}
    with pytest.raises(Misconfigured, match=r"\{kept.x\}"):
        call(text)
    with pytest.raises(Misconfigured, match=r"\{kept.x\}"):
        call({"request": "GET /{kept.x}"})


def test_a_text_is_sent_as_it_is() -> None:
    text = {"headers": {"content-type": "text/plain; charset=utf-8"}, "text": "p={secret.v}\n"}
    made = call(text, v='a"ü')
    assert made.body == 'p=a"ü\n'.encode()
    types = [value for name, value in made.headers.items() if name.lower() == "content-type"]
    assert types == ["text/plain; charset=utf-8"]


@pytest.mark.parametrize("value", ["a\nrole=admin", "a\r", "a\0", "a\x7f"])
def test_a_value_in_a_text_begins_no_line(value: str) -> None:
    text = {"headers": {"Content-Type": "text/plain"}, "text": "user={secret.v}\n"}
    with pytest.raises(MalformedSecret, match="line break") as caught:
        call(text, v=value)
    assert "role" not in str(caught.value)
    alone = call({**text, "text": "{secret.v}"}, v=value).body
    assert alone == value.encode()


def test_a_header_is_sent_once_in_whichever_letters() -> None:
    request = {"body": {}, "headers": {"content-type": "application/x+json", "ACCEPT": "a/b"}}
    made = call(request)
    sent = sorted((name.lower(), value) for name, value in made.headers.items())
    assert sent == [
        ("accept", "a/b"),
        ("content-type", "application/x+json"),
        ("user-agent", "secret-rotators"),
    ]
