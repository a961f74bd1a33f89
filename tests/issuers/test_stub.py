"""The stubs notice whatever is not documented: else nothing is shown by what they accept."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.issuers.examples import NAMES, Documentation
from tests.issuers.operations import Mismatch, Operation, Sent
from tests.issuers.stub import Stub

JSON = {"Accept": "application/json", "Content-Type": "application/json", "Host": "any"}


def as_documented(operation: Operation) -> Sent:
    """The request that the documentation shows, as it would come."""
    example = operation.document["request"]
    headers = {**JSON, **example.get("headers", {})}
    body = json.dumps(example["body"]).encode() if "body" in example else b""
    if "form" in example:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(example["form"]).encode()
    if "user" in example:
        proof = base64.b64encode(":".join(example["user"]).encode()).decode()
        headers["Authorization"] = f"Basic {proof}"
    query = "&".join(f"{k}={v}" for k, v in example.get("query", {}).items())
    return Sent(example["method"], f"{example['url']}?{query}".rstrip("?"), headers, body)


@pytest.fixture
def issue() -> Operation:
    found = Documentation.read("gitlab").operation("issue")
    assert found is not None
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_like_itself(name: str) -> None:
    for operation in Documentation.read(name).operations:
        found = operation.match(as_documented(operation))
        means = {name: operation.means[name] for name in found.keys() & operation.means.keys()}
        assert {name: type(value)(found[name]) for name, value in means.items()} == means
        assert found.keys() - means.keys() <= set(operation.members.values())


@pytest.mark.parametrize("name", NAMES)
def test_every_example_says_where_it_is_from(name: str) -> None:
    assert all(
        url.startswith("https://") for url in Documentation.read(name).document["documentation"]
    )


def sent(issue: Operation, **changes: Any) -> Sent:  # noqa: ANN401 - any of Sent's fields
    return replace(as_documented(issue), **changes)


BODY: Mapping[str, Any] = {
    "name": "any",
    "scopes": ["api"],
    "expires_at": "2030-01-01",
    "access_level": 40,
}


def test_what_means_something_may_be_anything_of_its_kind(issue: Operation) -> None:
    found = issue.match(sent(issue, body=json.dumps(BODY).encode()))
    assert found == {"label": "any", "scopes": ["api"], "expires": "2030-01-01", "level": 40}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": "PUT"}, "method PUT"),
        ({"url": "https://gitlab.example.com/api/v4/projects/1/access_tokens"}, "the URL"),
        ({"url": "https://gitlab.com/api/v4/projects/<project_id>/access_tokens"}, "the URL"),
        (
            {"url": "https://gitlab.example.com/api/v4/projects/<project_id>/access_tokens?a=1"},
            r"query has \['a'\]",
        ),
        ({"headers": JSON}, "header private-token"),
        ({"headers": {**JSON, "PRIVATE-TOKEN": "another"}}, "header private-token"),
        ({"body": b""}, "body is not as documented"),
        ({"body": json.dumps({**BODY, "more": 1}).encode()}, r"body has \['more'\]"),
        ({"body": json.dumps({**BODY, "access_level": "40"}).encode()}, "is not a int"),
        ({"body": json.dumps({"name": "any"}).encode()}, "body lacks"),
    ],
)
def test_anything_else_is_noticed(issue: Operation, changes: Any, words: str) -> None:  # noqa: ANN401 - any of Sent's fields
    with pytest.raises(Mismatch, match=words):
        issue.match(sent(issue, **changes))


@pytest.mark.parametrize("header", ["X-More", "Authorization"])
def test_a_header_that_is_not_documented_is_noticed(issue: Operation, header: str) -> None:
    right = as_documented(issue)
    with pytest.raises(Mismatch, match=f"(?i)header {header} that is not documented"):
        issue.match(replace(right, headers={**right.headers, header: "any"}))


def test_what_is_like_nothing_is_kept_and_refused() -> None:
    stub = Stub(Documentation.read("gitlab"))
    status, _ = stub.answer(Sent("GET", "https://gitlab.example.com/", JSON, b""))
    assert status == 418
    assert len(stub.strange) == 1
