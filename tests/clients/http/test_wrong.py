"""A key that is simply wrong: what the application gets, how often it is tried, and what shows."""

import threading
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
import rotating
import rotating.requests
from rotating import MalformedSecret, Secret
from rotating.http import Headers, basic, bearer, header

from tests.clients.clock import Clock
from tests.clients.http.callers import Library
from tests.clients.http.conftest import Opened
from tests.clients.http.world import CURRENT, PENDING, Api, Serve, Shelf, key
from tests.issuers.scripted import StubAnswer

HERE = str(Path(rotating.__file__).parent)
WRONG = "a-wrong-key"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Where the package would wait, its time goes on."""
    clock = Clock()
    clock.rule(monkeypatch)
    return clock


@pytest.mark.parametrize("path", ["/v1", "/moved"])
@pytest.mark.parametrize("library", ["requests", "httpx"], indirect=True)
def test_it_is_sent_four_times_in_its_first_minute_and_then_once_a_minute(  # noqa: PLR0913, PLR0917 - each is one thing
    opened: Opened, library: Library, url: str, api: Api, clock: Clock, path: str
) -> None:
    shelf = Shelf({CURRENT: key(WRONG)})
    ask = partial(opened(Secret(shelf.name, source=shelf)), **library.following)
    began, sent = clock.now, []
    url += path
    assert ask("GET", url).status == 401
    assert clock.now - began == pytest.approx(30, abs=0.1)
    while clock.now < began + 300:
        before = clock.now
        try:
            assert ask("GET", url).status == 401
        except library.refused as error:
            assert error.response.status_code == 401  # type: ignore[attr-defined]  # of both
            assert clock.now == before, "nobody waits again"
        sent.append((clock.now - began, len(api.asked)))
        clock.now += 0.5
    assert [count for at, count in sent if at < 60][-1] == 4
    assert len(api.asked) == 8


def test_then_it_fails_as_the_library_fails_and_works_once_it_is_right(
    opened: Opened, library: Library, url: str, api: Api
) -> None:
    shelf = Shelf({CURRENT: key(WRONG)})
    secret = Secret(shelf.name, source=shelf, wait_seconds=0.3)
    ask = opened(secret)
    assert ask("GET", url).status == 401
    for _ in range(10):
        with pytest.raises(library.refused, match="not sent, as what the secret 'app/key' holds"):
            ask("GET", url)
    assert api.keys == [WRONG]
    shelf.labels[CURRENT] = key("new")
    secret.refresh()
    assert ask("GET", url).status == 200


def test_no_value_is_in_what_is_raised_or_in_our_frames(
    opened: Opened, library: Library, secret: Secret, url: str
) -> None:
    shelf = Shelf({CURRENT: key(WRONG)})
    ask = opened(Secret(shelf.name, source=shelf, wait_seconds=0.1))
    ask("GET", url)
    shown = []
    for target in (url, "https://localhost:1/"):
        with pytest.raises((library.refused, library.unreachable)) as caught:
            (ask if target is url else opened(secret))("GET", target)
        shown += [str(caught.value), repr(caught.value), *_frames(caught.value)]
    assert any(HERE in each for each in shown)
    assert not [each for each in shown if WRONG in each or "'old'" in each]


def _frames(error: BaseException) -> list[str]:
    """Our frames with their locals, of the error and of what it is made from."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return [f"{each.filename} {each.locals}" for each in told.stack if HERE in each.filename]


@pytest.mark.parametrize(
    ("text", "headers", "message"),
    [
        ('{"other": "a-value"}', bearer(), "has no field 'api_key'"),
        ("a-value", bearer(), "is no JSON object"),
        ('{"api_key": "a-value\\n"}', bearer(), "for the header 'Authorization' has a line break"),
        ('{"api_key": "a-v\u00e4lue"}', header("X-Key"), "for the header 'X-Key' has"),
        ('{"username": "a:b", "password": "a-value"}', basic(), "in field 'username'"),
        ("a-value", lambda version: {"X-Key": f"{version.text} "}, "the header 'X-Key'"),
    ],
    ids=["field", "plain", "line-break", "not-ascii", "colon", "own"],
)
def test_what_cannot_be_sent_is_told_before_it_is_sent(  # noqa: PLR0913, PLR0917 - each is one thing
    opened: Opened, url: str, api: Api, text: str, headers: Headers, message: str
) -> None:
    shelf = Shelf({CURRENT: text})
    ask = opened(Secret(shelf.name, source=shelf, wait_seconds=0.1), headers)
    with pytest.raises(MalformedSecret, match=message) as caught:
        ask("GET", url)
    shown = [str(caught.value), repr(caught.value), *_frames(caught.value)]
    assert not [each for each in shown if "a-value" in each or "a-v\u00e4lue" in each]
    assert api.asked == []


def test_a_secret_that_is_one_plain_string_is_sent_whole(opened: Opened, url: str) -> None:
    shelf = Shelf({CURRENT: "new"})
    ask = opened(Secret(shelf.name, source=shelf), bearer("SecretString"))
    assert ask("GET", url).status == 200


def test_headers_may_be_made_of_several_fields(opened: Opened, url: str, api: Api) -> None:
    shelf = Shelf({CURRENT: '{"id": 7, "api_key": "new"}'})
    ask = opened(
        Secret(shelf.name, source=shelf),
        lambda version: {"X-Id": version["id"], "Authorization": f"Bearer {version['api_key']}"},
    )
    assert ask("GET", url).status == 200
    assert api.asked[0][1].headers["x-id"] == "7"


@pytest.mark.parametrize("library", ["requests", "httpx"], indirect=True)
def test_a_redirect_that_is_not_followed_says_nothing_of_what_was_rejected(
    opened: Opened, library: Library, url: str, api: Api, clock: Clock
) -> None:
    shelf = Shelf({CURRENT: key(WRONG)})
    ask = opened(Secret(shelf.name, source=shelf))
    began = clock.now
    assert ask("GET", url).status == 401
    while clock.now < began + 300:
        for path, options in (("/v1", {}), ("/moved", library.staying)):
            before = clock.now
            with suppress(library.refused):
                ask("GET", url + path, **options)
            assert clock.now == before, "nobody waits again"
        clock.now += 0.5
    assert len(api.asked) == 8


@pytest.mark.parametrize("library", ["requests", "httpx"], indirect=True)
def test_nobody_waits_for_what_could_not_be_sent_or_judged(
    opened: Opened, library: Library, url: str, api: Api, clock: Clock
) -> None:
    def fails(_: object) -> Any:  # noqa: ANN401 - whatever it is for
        raise KeyError

    shelf = Shelf({CURRENT: key("new")})
    for ask in (
        opened(Secret(shelf.name, source=shelf), bearer("other")),
        opened(Secret(shelf.name, source=shelf), fails),
        opened(Secret(shelf.name, source=shelf), rejected=fails),
    ):
        began = clock.now
        for _ in range(3):
            with pytest.raises((MalformedSecret, KeyError)):
                ask("GET", url)
        assert clock.now == began
    api.accepts = set()
    ask = opened(Secret(shelf.name, source=shelf))
    assert ask("GET", url).status == 401
    clock.now += 60
    began = clock.now
    for _ in range(3):
        with pytest.raises(library.unreachable):
            ask("GET", "https://localhost:1/")
    assert clock.now == began


def prepared(url: str) -> requests.PreparedRequest:
    return requests.Request("GET", url).prepare()


def in_a_thread(do: Callable[[], object]) -> None:
    """requests tells a thread's own requests apart."""
    thread = threading.Thread(target=do)
    thread.start()
    thread.join()


def test_requests_awaits_the_first_answer_to_a_key_and_no_longer_than_the_request_lives(
    url: str, clock: Clock
) -> None:
    shelf = Shelf({CURRENT: key(WRONG)})
    auth = rotating.requests.Auth(Secret(shelf.name, source=shelf))
    request, began = auth(prepared(url)), clock.now
    in_a_thread(lambda: auth(prepared(url)))
    assert clock.now - began == pytest.approx(5, abs=0.1), "it did not wait for the first one"
    del request
    auth(prepared(url))  # and what this thread had begun is over
    began = clock.now

    def lost() -> None:
        auth(prepared(url))  # which was never sent

    in_a_thread(lost)
    in_a_thread(lost)
    assert clock.now - began < 6, "what is gone is not waited for"


@pytest.mark.parametrize("status", [403, 404, 429])
@pytest.mark.parametrize("library", ["requests", "httpx"], indirect=True)
def test_an_answer_that_anybody_gets_proves_no_pending_key(  # noqa: PLR0913, PLR0917 - each is one thing
    opened: Opened, secret: Secret, url: str, api: Api, clock: Clock, status: int
) -> None:
    """AWSCURRENT's was rejected once, such as by a replica that had not heard of it yet."""
    api.accepts, api.answers = {"new"}, deque([StubAnswer(status)])
    ask = opened(secret)
    assert ask("GET", url).status == status
    assert secret.current().text == key("old")
    api.accepts = {"old"}
    clock.now += 5
    assert ask("GET", url).status == 200
    assert api.keys == ["old", "new", "old"]


def test_a_pending_version_of_another_form_is_passed_over(  # noqa: PLR0913, PLR0917 - each is one thing
    opened: Opened, library: Library, shelf: Shelf, secret: Secret, url: str, api: Api
) -> None:
    shelf.labels[PENDING], api.accepts = "no JSON", set()
    ask = opened(secret)
    assert ask("GET", url).status == 401
    with pytest.raises(library.refused, match="not sent"):
        ask("GET", url)
    assert api.keys == ["old"]


def test_what_one_host_rejects_is_sent_to_another(
    opened: Opened, serve: Serve, secret: Secret, url: str, api: Api
) -> None:
    api.accepts = set()
    ask = opened(secret)
    assert ask("GET", url).status == 401
    assert ask("GET", serve(Api({"old"}))).status == 200
