"""A description is checked as a whole before anything is called, and an error names the place."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.build.artifacts import ROOT
from rotators.http_api_key.description.places import DescriptionError, Place
from rotators.http_api_key.description.reader import read_description
from rotators.http_api_key.description.requests import read_request
from rotators.http_api_key.description.sources import Sources
from rotators.http_api_key.description.templates import Template, Values
from rotators.http_api_key.http.calls import Call, base_url, make_call
from shared.errors import MalformedSecret, Misconfigured, RotationError
from shared.secret import Secret

FILES = sorted((ROOT / "rotators" / "http_api_key" / "issuers").glob("*.json"))
GOOD: dict[str, Any] = json.loads(
    (ROOT / "rotators/http_api_key/issuers/jupyterhub.json").read_text()
)
CHOSEN = {
    "base": "https://keys.example.org",
    "fields": {"key": "password"},
    "auth": {"bearer": "{key}"},
    "admin": "self",
    "set": {"request": "PUT /me", "body": {"password": "{key}"}},
    "probe": {"request": "GET /me", "rejected": [401], "authenticated": [403]},
}
TURNS = {
    **{name: value for name, value in CHOSEN.items() if name != "set"},
    "fields": {"key": "k", "slot": "s"},
    "slots": ["a", "b"],
    "replace": {"request": "POST /roll", "read": {"key": {"a": "a", "b": "b"}}},
    "list": {"request": "GET /keys", "read": {"key": {"a": "a", "b": "b"}}},
}


def changed(document: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """The document with this value there; without it where that is `...`."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    *way, last = path.split("/")
    inside = copy
    for name in way:
        inside = inside.setdefault(name, {})
    if value is ...:
        del inside[last]
    else:
        inside[last] = value
    return copy


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_description_of_ours_is_good(file: Any) -> None:  # noqa: ANN401 - a Path
    document = json.loads(file.read_text())
    read_description(document, "issuer")
    assert document["documentation"].startswith("https://")
    assert not Sources({}).trust({"issuer": file.stem}, hosts_are_listed=False).needs_inline


BAD = [
    (GOOD, "base", ..., "base", "missing"),
    (GOOD, "base", "http://keys.test", "base", "https"),
    (GOOD, "base", "keys.{secret.host}", "base", "https"),
    (GOOD, "base", "{admin.url}", "base", "must not use {admin.url}"),
    (GOOD, "fields", {"id": "i"}, "fields.key", "missing"),
    (GOOD, "fields/key", "", "fields.key", "string"),
    (GOOD, "surprise", 1, "surprise", "not known"),
    (GOOD, "auth", {}, "auth", "one of"),
    (GOOD, "auth", {"basic": ["{key}"]}, "auth.basic", "user name"),
    (GOOD, "auth", {"headers": {"X Y": "{key}"}}, "auth.headers.?", "header"),
    (GOOD, "auth", {"headers": {"Host": "x"}}, "auth.headers.Host", "itself"),
    (GOOD, "auth", {"bearer": "{admin.key}"}, "auth.bearer", "must not use"),
    (GOOD, "admin", "root", "admin", "self"),
    (GOOD, "admin/auth/bearer", "{token}", "admin.auth.bearer", "must not use"),
    (GOOD, "admin/login", {"request": "POST /l"}, "admin.login.read.token", "missing"),
    (GOOD, "issue", ..., "", "one of issue, replace, set"),
    (GOOD, "set", {"request": "PUT /x"}, "", "one of issue, replace, set"),
    (GOOD, "issue/request", "/users", "issue.request", "method and a path"),
    (GOOD, "issue/request", "HEAD /users", "issue.request", "method and a path"),
    (GOOD, "issue/request", "POST users", "issue.request", "method and a path"),
    (GOOD, "issue/request", "POST /users?a=b", "issue.request", "query"),
    (GOOD, "issue/request", "POST /{secret.owner", "issue.request", "brace"),
    (GOOD, "issue/request", "POST /{owner}", "issue.request", "no"),
    (GOOD, "issue/request", "POST /{admin.api_key}", "issue.request", "URL"),
    (GOOD, "issue/query", {"k": "{admin.api_key}"}, "issue.query.k", "URL"),
    (GOOD, "issue/body/note", "{lable}", "issue.body.note", "no"),
    (GOOD, "issue/body/deep", [{"x": "{kept.nothing}"}], "issue.body.deep[0].x", "must not use"),
    (GOOD, "issue/form", {"a": "b"}, "issue", "not both"),
    (GOOD, "issue/read/id", ..., "issue.read.id", "missing"),
    (GOOD, "issue/read/key", ..., "issue.read.key", "missing"),
    (GOOD, "issue/read/key", "a[", "issue.read.key", "JMESPath"),
    (GOOD, "issue/idempotent", "yes", "issue.idempotent", "true or false"),
    (changed(GOOD, "issue/body/note", "x"), "issue/idempotent", True, "issue.idempotent", "needs"),
    (GOOD, "issue/done", [99], "issue.done[0]", "200 to 599"),
    (GOOD, "issue/done", 201, "issue.done", "list"),
    (GOOD, "issue/rejected", ["a ||"], "issue.rejected[0]", "JMESPath"),
    (GOOD, "issue/base", "https://x", "issue.base", "not known"),
    (GOOD, "list/read/id", ..., "list.read.id", "missing"),
    (GOOD, "list/read/keys", ..., "list.read.keys", "missing"),
    (GOOD, "list/read/created", ..., "list.read.created", "missing"),
    (GOOD, "list/pages", {"url": "a", "query": "b"}, "list.pages", "must be"),
    (GOOD, "list/request", "GET /x/{key}", "list.request", "must not use"),
    (GOOD, "revoke", ..., "revoke", "missing"),
    (GOOD, "revoke", [{"request": "POST /x"}, {}], "revoke[1].request", "missing"),
    (GOOD, "probe", ..., "probe", "missing"),
    (GOOD, "probe/request", "GET /x/{key}", "probe.request", "URL"),
    (GOOD, "probe/request", "GET /x/{secret.api_key}", "probe", "URL"),
    (GOOD, "probe/query", {"k": "{secret.api_key}"}, "probe", "URL"),
    (GOOD, "probe/headers", {"A": "{admin.x}"}, "probe.headers.A", "must not use"),
    (GOOD, "probe/expect", {"a[": 1}, "probe.expect", "JMESPath"),
    (GOOD, "label", "{version}", "label", "arn"),
    (GOOD, "label", "{arn}-{version}", "label", "after {arn}"),
    (GOOD, "label", "{arn}{version}", "label", "after {arn}"),
    (GOOD, "label", "{version} {arn}", "label", "end with"),
    (GOOD, "label", "{tag}", "label", "end with"),
    (GOOD, "label", "{tag} {secret.owner} {version}", "label", "must not use"),
    (GOOD, "slots", ["a", "b"], "fields.slot", "missing"),
    (GOOD, "propagation", "1h", "propagation", "such as"),
    (GOOD, "values", {"owner": ["a"]}, "values.owner", "string"),
    (GOOD, "defaults", {"owner": ""}, "defaults.owner", "string"),
    (CHOSEN, "choose", {"length": 8, "characters": "abc"}, "choose", "longer"),
    (CHOSEN, "choose", {"length": 8}, "choose.characters", "missing"),
    (CHOSEN, "choose", {"length": 0, "characters": "abc"}, "choose.length", "from 1"),
    (TURNS, "slots", ["a", "a"], "slots", "two names"),
    (TURNS, "slots", ["a", "b", "c"], "slots", "two names"),
    (TURNS, "replace/read/key/b", ..., "replace.read.key.b", "missing"),
    (TURNS, "fields/slot", ..., "fields.slot", "missing"),
    (TURNS, "replace/read", {}, "replace.read.key", "missing"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "path", "value", "place", "words"), BAD)
def test_what_is_wrong_is_named_by_its_place(
    good: Mapping[str, Any], path: str, value: object, place: str, words: str
) -> None:
    read_description(good, "issuer")
    with pytest.raises(DescriptionError, match=re.escape(words)) as caught:
        read_description(changed(good, path, value), "issuer")
    assert caught.value.place == f"issuer.{place}".rstrip(".")


def test_the_error_is_the_secrets_or_the_functions() -> None:
    wrong = changed(GOOD, "issue/body/note", "{lable}")
    with pytest.raises(MalformedSecret) as caught:
        Sources({}).of({"issuer": wrong})
    assert caught.value.field == "issuer.issue.body.note"
    with pytest.raises(Misconfigured, match=r"issuer\.issue\.body\.note") as of_function:
        Sources({"ISSUER": json.dumps(wrong)})
    assert of_function.value.field == "ISSUER"


@pytest.mark.parametrize(
    "value", ["nope", 7, [], {"use": "nope"}, {"use": ["x"]}, {"use": None}, "{"]
)
def test_what_is_no_description_at_all(value: object) -> None:
    with pytest.raises(MalformedSecret) as caught:
        Sources({}).of({"issuer": value})
    assert caught.value.field is not None
    assert caught.value.field.startswith("issuer")


def test_one_of_ours_is_adapted() -> None:
    sources = Sources({})
    adapted = sources.of({"issuer": {"use": "jupyterhub", "fields": {"owner": "who"}}})
    assert adapted.fields == {**GOOD["fields"], "owner": "who"}


@pytest.mark.parametrize(
    ("document", "place"),
    [({}, "issuer"), ({"issuer": None}, "issuer"), ({"issuer": ""}, "issuer.use")],
)
def test_a_secret_that_names_no_issuer_is_refused(document: dict[str, object], place: str) -> None:
    with pytest.raises(MalformedSecret) as caught:
        Sources({}).of({**document, "issuer_url": "https://hub.test"})
    assert caught.value.field == place


def test_the_functions_own_description_stands_for_every_secret() -> None:
    sources = Sources({"ISSUER": '{"use": "jupyterhub", "values": {"owner": "of the function"}}'})
    described = sources.of({"issuer": CHOSEN, "owner": "mine"})
    assert sources.is_fixed_by_function
    assert described.values_of({"owner": "mine"})["owner"] == "of the function"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(path=st.sampled_from([row[1] for row in BAD]), value=json_values)
def test_anything_anywhere_is_read_or_refused_with_its_place(path: str, value: object) -> None:
    try:
        read_description(changed(GOOD, path, value), "issuer")
    except DescriptionError as error:
        assert error.place.startswith("issuer")


# --- templates ---


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
