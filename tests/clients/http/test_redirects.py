"""Redirects: the key stays with the API that it is for, and nothing is done twice."""

from collections import deque
from collections.abc import Callable

import httpx
import pytest
import requests
import rotating.httpx
import rotating.requests
from rotating import Secret
from rotating.http import header

from tests.clients.clock import Clock
from tests.clients.http.callers import Library
from tests.clients.http.conftest import Opened
from tests.clients.http.world import CURRENT, PENDING, Api, Serve, Shelf
from tests.issuers.scripted import StubAnswer

# The fixtures are what a test talks of, and each is one thing.
# ruff: noqa: PLR0913, PLR0917

NAME = "X-Api-Key"


def to(url: str, status: int = 302) -> StubAnswer:
    return StubAnswer(status, None, {"Location": url})


@pytest.fixture
def elsewhere() -> Api:
    """Another host, which takes whoever brings no key, and redirects within itself once."""
    return Api({""}, answers=deque([to("/v1/further")]))


def test_what_a_redirect_led_to_is_sent_again_and_not_what_led_there(
    opened: Opened, library: Library, secret: Secret, url: str, api: Api
) -> None:
    api.accepts, api.answers, api.turns_to = {"old"}, deque([to("/v1/made", 303)]), {"new"}
    assert opened(secret)("POST", url, json={}, **library.following).status == 200
    assert [request.method for _, request in api.asked] == ["POST", "GET", "GET"]
    assert api.keys == ["old", "old", "new"]


def test_what_follows_a_redirect_has_the_key_that_works(
    opened: Opened, library: Library, secret: Secret, url: str, api: Api
) -> None:
    api.answers = deque([to("/v1/made")])
    assert opened(secret)("GET", url, **library.following).status == 200
    assert api.keys == ["old", "new", "new"]


def test_another_host_gets_no_bearer(
    opened: Opened,
    library: Library,
    secret: Secret,
    url: str,
    api: Api,
    elsewhere: Api,
    serve: Serve,
) -> None:
    api.accepts, api.answers = {"old"}, deque([to(serve(elsewhere))])
    assert opened(secret)("GET", url, **library.following).status == 200
    assert (api.keys, elsewhere.keys) == (["old"], ["", ""])


def test_a_rejection_by_another_host_is_none_of_the_key(
    opened: Opened, library: Library, secret: Secret, url: str, api: Api, serve: Serve, shelf: Shelf
) -> None:
    api.accepts, api.answers = {"old"}, deque([to(serve(Api(set())))])
    ask = opened(secret)
    assert ask("GET", url, **library.following).status == 401
    assert ask("GET", url, **library.following).status == 200
    assert shelf.reads == [CURRENT]


def test_requests_goes_on_without_a_header_that_has_another_name(
    secret: Secret, url: str, api: Api, elsewhere: Api, serve: Serve, ca: str
) -> None:
    api.header = elsewhere.header = NAME.lower()
    api.answers = deque([to(serve(elsewhere)), to(url.replace("https", "http"))])
    session = requests.Session()
    session.auth = rotating.requests.Auth(secret, header(NAME))
    assert session.get(url, verify=ca, timeout=30).status_code == 200
    assert (api.keys, elsewhere.keys) == (["old", "new"], ["", ""])
    plain = session.get(url, verify=ca, timeout=30, allow_redirects=False).next
    assert plain is not None
    assert str(plain.url).startswith("http:")
    assert NAME not in plain.headers
    session.close()


@pytest.mark.parametrize("library", ["httpx", "httpx-async"], indirect=True)
def test_httpx_goes_no_further_with_one(
    opened: Opened,
    library: Library,
    secret: Secret,
    url: str,
    api: Api,
    elsewhere: Api,
    serve: Serve,
) -> None:
    api.header = elsewhere.header = NAME.lower()
    ask = opened(secret, header(NAME))
    targets = [serve(elsewhere), url.replace("https", "http")]
    api.answers = deque([*map(to, targets), to("/v1/within")])
    for _ in targets:
        with pytest.raises(httpx.RequestError, match=f"would take {NAME.lower()} along"):
            ask("GET", url, **library.following)
    assert elsewhere.asked == []
    assert ask("GET", url, **library.following).status == 200
    assert api.keys == ["old", "new", "new", "new", "new"]


def test_httpx_still_tells_a_trace_of_the_application(
    secret: Secret, url: str, client: Callable[..., httpx.Client]
) -> None:
    events: list[str] = []
    told = {"trace": lambda event, _: events.append(event)}
    client(rotating.httpx.Auth(secret, header(NAME))).get(url, extensions=told)
    assert "http11.send_request_headers.started" in events


@pytest.mark.parametrize("library", ["httpx"], indirect=True)
def test_nor_after_a_pending_version_that_was_passed_over(
    opened: Opened,
    library: Library,
    secret: Secret,
    url: str,
    api: Api,
    elsewhere: Api,
    serve: Serve,
    shelf: Shelf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    clock.rule(monkeypatch)
    api.header = elsewhere.header = NAME.lower()
    shelf.labels[PENDING], api.accepts = "no JSON", set()
    ask = opened(secret, header(NAME))
    assert ask("GET", url).status == 401
    clock.now += 5
    api.accepts, api.answers = {"old"}, deque([to(serve(elsewhere))])
    with pytest.raises(httpx.RequestError, match=f"would take {NAME.lower()} along"):
        ask("GET", url, **library.following)
    assert elsewhere.asked == []
