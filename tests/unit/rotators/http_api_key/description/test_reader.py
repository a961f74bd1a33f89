"""A description is checked as a whole before anything is called, and an error names the place."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.build.artifacts import ROOT
from rotators.http_api_key.description.places import DescriptionError
from rotators.http_api_key.description.reader import read_description
from rotators.http_api_key.description.sources import Sources
from shared.errors import MalformedSecret, Misconfigured
from tests.unit.rotators.http_api_key.description.samples import CHOSEN, GOOD, TURNS, changed

FOLDER = ROOT / "rotators" / "http_api_key" / "issuers"
FILES = sorted(FOLDER.glob("*.json"))


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
    (changed(changed(GOOD, "issue/body/note", "x"), "list/read/label", ...), "issue/idempotent",
     True, "issue.idempotent", "needs"),
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
    (GOOD, "label", "{tag} {version} {version}", "label", "end with"),
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
    ours = json.loads((FOLDER / "jupyterhub.json").read_text())
    assert adapted.fields == {**ours["fields"], "owner": "who"}


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
