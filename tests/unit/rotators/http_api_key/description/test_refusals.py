"""What a description may not say of proofs, lists, ends, bodies and expressions, by its place."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotators.http_api_key.description.places import DescriptionError
from rotators.http_api_key.description.reader import read_description
from tests.unit.rotators.http_api_key.description.samples import CHOSEN, GOOD, TURNS, changed

PROBE = {"request": "GET /user"}
UNQUOTED = "in quotes of that language"
SQL = "ALTER USER app PASSWORD = "
TYPED = changed(CHOSEN, "set/headers", {"Content-Type": "text/plain"})
INSPECTED = changed(GOOD, "inspect", {"request": "GET /tokens/{id}", "read": {"kind": "kind"}})
WITH_ID = changed(CHOSEN, "fields", {"key": "password", "id": "user_id"})
CURSOR = {"query": "after", "value": "next"}
NAMED = changed(GOOD, "issue/query", {"q": "{secret.team}"})

BAD = [
    # a proof
    (GOOD, "probe/rejected", ..., "probe.rejected", "is missing; list the answers"),
    (GOOD, "probe/authenticated", ..., "probe.authenticated", "[] where the issuer never tells"),
    (GOOD, "probe", {**PROBE, "rejected": [401, 403], "authenticated": []}, "probe.rejected",
     "401 and 403, which cannot both mean a wrong key"),
    (GOOD, "probe", {**PROBE, "rejected": [401, 403], "authenticated": [403]},
     "probe.authenticated", "what 'rejected' has too"),
    (GOOD, "probe", {**PROBE, "rejected": ["a"], "authenticated": [200, "a"]},
     "probe.authenticated", "what 'rejected' has too"),
    (GOOD, "probe", {**PROBE, "rejected": [], "authenticated": [401]}, "probe.rejected",
     "any key would be accepted"),
    (GOOD, "probe", {**PROBE, "rejected": [204], "authenticated": []}, "probe.rejected",
     "a status of success"),
    (GOOD, "probe", {**PROBE, "rejected": [401], "authenticated": [200]}, "probe.authenticated",
     "a status of success"),
    (GOOD, "list/authenticated", "x", "list.authenticated", "list"),
    # why
    (GOOD, "issue/because", {"a": ""}, "issue.because.a", "1 to 200"),
    (GOOD, "issue/because", {"a": "x" * 201}, "issue.because.a", "1 to 200"),
    (GOOD, "issue/because", {"a": "two\nlines"}, "issue.because.a", "1 to 200"),
    (GOOD, "issue/because", {"a[": "words"}, "issue.because", "JMESPath"),
    (GOOD, "list/refuse", {"x" * 101: "a"}, "list.refuse", "1 to 100"),
    (GOOD, "list/refuse", {"is odd": "a["}, "list.refuse.?", "JMESPath"),
    (GOOD, "list/skip", "expired", "list.skip", "list"),
    (GOOD, "list/skip", ["expired ="], "list.skip[0]", "JMESPath"),
    (GOOD, "issue/refuse", {"is odd": "a"}, "issue.refuse", "not known"),
    # bodies
    (TYPED, "set/body", {"password": "{key}"}, "set.headers.Content-Type", "application/json"),
    (changed(TYPED, "set/body", ...), "set/form", {"password": "{key}"},
     "set.headers.Content-Type", "x-www-form-urlencoded"),
    (CHOSEN, "set/headers", {"content-type": "application/jsonp"}, "set.headers.content-type",
     "application/json"),
    (CHOSEN, "set/headers", {"Content-Type": "{secret.kind}"}, "set.headers.Content-Type", "json"),
    (CHOSEN, "set/headers", {"Content-Type": "application/json{secret.more}"},
     "set.headers.Content-Type", "application/json"),
    (changed(CHOSEN, "set/body", ...), "set/text", "{key}", "set.headers.Content-Type", "'text'"),
    (CHOSEN, "set/text", "{key}", "set", "one of body, form, text"),
    (CHOSEN, "set/headers", {"Accept": "a/b", "accept": "c/d"}, "set.headers.accept", "twice"),
    (CHOSEN, "auth", {"headers": {"content-type": "text/plain"}}, "auth.headers.content-type",
     "a request's own"),
    # what is read
    (GOOD, "issue/read/api_key", "x", "issue.read.api_key", "in the field of the key"),
    (GOOD, "issue/body", {"name": "by us"}, "issue", "does not send {label}"),
    (GOOD, "issue/read/key", {"head": "Location"}, "issue.read.key.head", "not known"),
    (GOOD, "issue/read/key", {"header": "a b"}, "issue.read.key.header", "header"),
    (GOOD, "list/read/id", {"header": "Location"}, "list.read.id", "string"),
    (GOOD, "issue/poll", {"url": "a"}, "issue.poll.until", "missing"),
    (GOOD, "issue/poll", {"url": "a", "until": "b["}, "issue.poll.until", "JMESPath"),
    (GOOD, "list/poll", {"url": "a", "until": "b"}, "list.poll", "not known"),
    (GOOD, "issue/read/key", "lenght(a)", "issue.read.key", "lenght, and there is none"),
    (GOOD, "issue/read/key", "a.b[?starts_with(c)].d", "issue.read.key", "with 1 arguments"),
    (GOOD, "issue/read/key", "length(a, b)", "issue.read.key", "with 2 arguments, and it takes 1"),
    (GOOD, "issue/read/key", "not_null()", "issue.read.key", "with 0 arguments"),
    (GOOD, "list/read/keys", "sort_by(a)", "list.read.keys", "with 1 arguments"),
    (GOOD, "probe/expect", {"nope(@)": 1}, "probe.expect", "`nope(@)`"),
    (GOOD, "probe/authenticated", ["nope(@)"], "probe.authenticated[0]", "nope, and there is none"),
    # ends
    (GOOD, "revoke", "never", "revoke", '"expires"'),
    (GOOD, "revoke", [], "revoke", '"expires"'),
    (GOOD, "revoke/proved", "yes", "revoke.proved", "true or false"),
    (GOOD, "revoke", [{"request": "POST /x", "proved": True}, {"request": "POST /y"}],
     "revoke[0].proved", "not known"),
    # the key and its id
    (GOOD, "carries", "SG.", "carries", "{id}"),
    (GOOD, "carries", "{id}.{key}", "carries", "must not use {key}"),
    (CHOSEN, "carries", "{id}", "carries", "field for 'id'"),
    (GOOD, "confidential", ["key"], "confidential[0]", "not known"),
    (GOOD, "confidential", "id", "confidential", "list"),
    (CHOSEN, "confidential", ["id"], "confidential[0]", "field for 'id'"),
    (changed(GOOD, "confidential", ["id"]), "probe/request", "GET /tokens/{id}", "probe",
     "confidential"),
    (changed(GOOD, "confidential", ["id"]), "revoke/query", {"id": "{id}"}, "revoke",
     "confidential"),
    (changed(GOOD, "confidential", ["id"]), "list/query", {"after": "{secret.key_id}"}, "list",
     "confidential"),
    # slots
    (TURNS, "list", ..., "list", "which key is in which slot"),
    (TURNS, "list/read/key", ..., "list.read.key", "missing"),
    (TURNS, "list/read/key/b", ..., "list.read.key.b", "missing"),
    (TURNS, "list/read/keys", "a", "list.read.keys", "slots"),
    (TURNS, "list/skip", ["a"], "list.skip", "not known"),
    # inspection
    (INSPECTED, "inspect/read/id", "id", "inspect.read.id", "what 'list' reads"),
    (INSPECTED, "inspect/request", "GET /tokens/{key}", "inspect.request", "must not use"),
    (INSPECTED, "inspect/headers", {"X-Key": "{key}"}, "inspect.headers.X-Key", "must not use"),
    (INSPECTED, "list", ..., "inspect", "needs 'list'"),
    (INSPECTED, "fields", {"key": "api_key"}, "inspect", "needs 'list'"),
    (changed(WITH_ID, "list", {"request": "GET /me", "read": {"keys": "[@]"}}), "inspect",
     {"request": "GET /me"}, "inspect", "needs 'list'"),
    (INSPECTED, "inspect/skip", ["a"], "inspect.skip", "not known"),
    (changed(INSPECTED, "list/read", {"keys": "k", "id": "i", "scopes": "s"}),
     "inspect/read/expires", "e", "inspect.read.created", "missing"),
    # patterns
    (NAMED, "patterns", {"team": "["}, "patterns.team", "regular expression"),
    (NAMED, "patterns", {"team": "a" * 201}, "patterns.team", "at most 200"),
    (NAMED, "patterns", {"taem": "a+"}, "patterns.taem", "requests send"),
    (NAMED, "patterns", {"api_key": "a+"}, "patterns.api_key", "requests send"),
    # quotes
    (CHOSEN, "set/body/sql", f"{SQL}'{{key}}'", "set.body.sql", "|sql"),
    (CHOSEN, "set/body/deep", [{"sql": f"{SQL}'{{key}}'"}], "set.body.deep[0].sql", "|sql"),
    (CHOSEN, "set/query", {"q": 'u = "{secret.user}"'}, "set.query.q", "|influxql"),
    (CHOSEN, "set/query", {"q": "u = '%{secret.user}'"}, "set.query.q", "|sql"),
    (CHOSEN, "set/request", "PUT /users('{secret.user}')", "set.request", "|sql"),
    (CHOSEN, "set/body/sql", f"{SQL}{{key|sql}}", "set.body.sql", UNQUOTED),
    (CHOSEN, "set/body/sql", f"{SQL}`{{key|influxql}}`", "set.body.sql", UNQUOTED),
    (CHOSEN, "set/body/sql", f"{SQL}'{{key|graphql}}'", "set.body.sql", UNQUOTED),
    (CHOSEN, "set/body/sql", "{key|sql}", "set.body.sql", UNQUOTED),
    (CHOSEN, "set/body/sql", f"\"{SQL}'{{key|sql}}'\"", "set.body.sql", "within other quotes"),
    (CHOSEN, "set/body/sql", f"{SQL}'{{key|yaml}}'", "set.body.sql", "must not have |yaml"),
    (CHOSEN, "set/body/sql", f"{SQL}'{{key|days}}'", "set.body.sql", "must not have |days"),
    (CHOSEN, "set/body/sql", "'{now|sql}'", "set.body.sql", "must not have |sql"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "path", "value", "place", "words"), BAD)
def test_it_is_refused_by_its_place(
    good: Mapping[str, Any], path: str, value: object, place: str, words: str
) -> None:
    with pytest.raises(DescriptionError, match=re.escape(words)) as caught:
        read_description(changed(good, path, value), "issuer")
    assert caught.value.place == f"issuer.{place}"


@pytest.mark.parametrize(
    ("good", "path", "value"),
    [
        (GOOD, "probe", {**PROBE, "rejected": [401, "error == 'x'"], "authenticated": [403]}),
        (GOOD, "probe", {**PROBE, "rejected": [403], "authenticated": []}),
        (GOOD, "probe", {**PROBE, "rejected": [401, 403], "authenticated": ["scope == 'none'"]}),
        (GOOD, "issue/because", {"a": "x" * 200}),
        (changed(GOOD, "list/pages", CURSOR), "list/query", {"after": "0"}),
        (GOOD, "issue/read/key", "not_null(a, b, c)"),
        (GOOD, "revoke", "expires"),
        (GOOD, "revoke", [{"request": "POST /x"}, {"request": "POST /y", "proved": True}]),
        (changed(GOOD, "confidential", ["id"]), "revoke/request", "DELETE /x/{secret.key_id}"),
        (CHOSEN, "set/headers", {"Content-Type": "application/vnd.x.2024-08-05+json; v=1"}),
        (CHOSEN, "set/body/words", "not the team's, which {secret.user} asked for"),
        (CHOSEN, "set/body/sql", f"{SQL}'{{key|sql}}'"),
        (CHOSEN, "set/body/sql", "{now|date} '{now|date}' '{label}'"),
        (CHOSEN, "set/body/graphql", 'mutation {{ set(key: "{key|graphql}") }}'),
        (GOOD, "issue/body/q", "ends = '{kept.ends|date}'"),
        (CHOSEN, "set/body/q", "{secret.user}{secret.team}"),
        (INSPECTED, "inspect/refuse", {"is of another kind": "kind != 'standard'"}),
        (changed(INSPECTED, "issue/body", {}), "list/read", {"keys": "k", "id": "i"}),
        (NAMED, "patterns", {"team": "[a-z]{1,20}"}),
    ],
)
def test_it_is_read(good: Mapping[str, Any], path: str, value: object) -> None:
    read_description(changed(good, path, value), "issuer")


@given(
    row=st.sampled_from(BAD),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("{}|'\"`key.secret?sql", max_size=12),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["a", "a[", "url", "until", "header"]), inner)
        ),
        max_leaves=5,
    ),
)
def test_anything_there_is_read_or_refused_with_its_place(
    row: tuple[Mapping[str, Any], str, object, str, str], value: object
) -> None:
    good, path, *_ = row
    try:
        read_description(changed(good, path, value), "issuer")
    except DescriptionError as error:
        assert error.place.startswith("issuer")


@pytest.mark.parametrize("pattern", [".*", "[^a]+", "(?s).", "a'?", "[a-z' ]+", r"[\\a]+"])
def test_a_pattern_that_lets_a_quote_through_bounds_nothing(pattern: str) -> None:
    quoted = changed(CHOSEN, "set/body/sql", "x = '{secret.user}'")
    read_description(changed(quoted, "patterns", {"user": "[a-z]+"}), "issuer")
    with pytest.raises(DescriptionError, match="break out"):
        read_description(changed(quoted, "patterns", {"user": pattern}), "issuer")


def test_a_chosen_key_can_be_written_in_sql() -> None:
    sent = changed(CHOSEN, "set/body/sql", f"{SQL}'{{key|sql}}'")
    choose = {"length": 40, "characters": "abcdefghijklm'\"`"}
    read_description({**sent, "choose": choose}, "issuer")
    with pytest.raises(DescriptionError, match="must not have a backslash") as caught:
        read_description({**sent, "choose": {**choose, "characters": "abcdefghi\\"}}, "issuer")
    assert caught.value.place == "issuer.choose.characters"
    read_description({**CHOSEN, "choose": {**choose, "characters": "abcdefghi\\"}}, "issuer")


def test_in_a_text_every_name_in_quotes_counts() -> None:
    text = changed(changed(CHOSEN, "set/body", ...), "set/headers", {"Content-Type": "text/plain"})
    with pytest.raises(DescriptionError, match=r"set\.text has \{key\} in quotes"):
        read_description(changed(text, "set/text", f"{SQL}'of {{key}} it'"), "issuer")
    read_description(changed(text, "set/text", f"{SQL}'of {{key|sql}} it'"), "issuer")
    read_description(changed(text, "set/text", "{key}"), "issuer")
