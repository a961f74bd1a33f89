"""What is sent again after a rejection, and what is not; what other answers say of the key."""

import io
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests
import rotating.httpx
import rotating.requests
from rotating import Secret
from rotating.verdicts import Verdicts

from tests.clients.http.callers import Library
from tests.clients.http.conftest import Opened
from tests.clients.http.world import CURRENT, Api, Shelf
from tests.issuers.scripted import StubAnswer

# The fixtures are what a test talks of, and each is one thing.
# ruff: noqa: PLR0913, PLR0917


@pytest.mark.parametrize("way", [{"raw": b"some"}, {"json": {"a": 1}}, {"data": {"a": "1"}}])
def test_a_body_in_memory_is_sent_again(
    opened: Opened, library: Library, secret: Secret, url: str, api: Api, way: dict[str, Any]
) -> None:
    body = {library.raw if name == "raw" else name: value for name, value in way.items()}
    assert opened(secret)("POST", url, **body).before == [401]
    assert api.keys == ["old", "new"]
    (_, first), (_, second) = api.asked
    assert first.body == second.body != b""


def test_a_stream_is_not_but_the_next_request_has_the_right_key(
    opened: Opened, library: Library, secret: Secret, url: str, api: Api
) -> None:
    ask = opened(secret)
    statuses = [
        ask("PUT", url, **{library.raw: library.streamed([b"so", b"me"])}).status for _ in range(2)
    ]
    assert statuses == [401, 200]
    assert api.keys == ["old", "new"]
    assert [request.body for _, request in api.asked] == [b"some"] * 2


def test_requests_sends_a_file_again_from_where_it_stood(
    secret: Secret, url: str, api: Api, ca: str
) -> None:
    file = io.BytesIO(b"read-some")
    file.seek(5)
    auth = rotating.requests.Auth(secret)
    assert requests.put(url, data=file, auth=auth, verify=ca, timeout=30).status_code == 200
    assert [request.body for _, request in api.asked] == [b"some"] * 2


def test_httpx_sends_again_what_it_may_read_into_memory(
    secret: Secret, url: str, api: Api, client: Callable[..., httpx.Client]
) -> None:
    auth = rotating.httpx.Auth(secret)
    auth.requires_request_body = True
    assert client(auth).put(url, content=iter([b"so", b"me"])).status_code == 200
    assert [request.body for _, request in api.asked] == [b"some"] * 2


def test_a_cookie_of_the_rejection_is_in_what_is_sent_again(
    opened: Opened, secret: Secret, url: str, api: Api
) -> None:
    api.rejected = StubAnswer(401, None, {"Set-Cookie": "seen=1; Path=/"})
    opened(secret)("GET", url)
    assert [request.headers.get("cookie") for _, request in api.asked] == [None, "seen=1"]


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_no_other_status_is_a_rejection(
    opened: Opened, secret: Secret, url: str, api: Api, shelf: Shelf, status: int
) -> None:
    api.accepts, api.answers = {"old"}, deque([StubAnswer(status)])
    ask = opened(secret)
    assert [ask("GET", url).status, ask("GET", url).status] == [status, 200]
    assert api.keys == ["old"] * 2
    assert shelf.reads == [CURRENT]


@pytest.mark.parametrize("library", ["requests", "httpx"], indirect=True)
def test_a_target_that_is_down_is_no_rejection_and_nobody_waits_for_it(
    opened: Opened,
    library: Library,
    secret: Secret,
    shelf: Shelf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(Verdicts, "wait", lambda *each: waited.append(each[-1]))
    ask = opened(secret)
    for _ in range(3):
        with pytest.raises(library.unreachable):
            ask("GET", "https://localhost:1/")
    assert (shelf.reads, waited) == ([CURRENT], [])


def test_what_says_that_a_key_is_wrong_may_be_told(
    opened: Opened, secret: Secret, url: str, api: Api
) -> None:
    api.rejected = StubAnswer(403)
    ask = opened(secret, rejected=lambda answer: answer.status_code == 403)
    assert ask("GET", url).before == [403]


def test_a_rejection_holds_no_connection(
    secret: Secret, url: str, api: Api, ca: str, client: Callable[..., httpx.Client]
) -> None:
    session = requests.Session()
    session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=1, pool_block=True))
    answer = session.get(
        url, auth=rotating.requests.Auth(secret), verify=ca, stream=True, timeout=30
    )
    assert (answer.status_code, api.keys) == (200, ["old", "new"])
    session.close()
    api.accepts = {"newer"}
    secret.refresh()
    one = httpx.Limits(max_connections=1)
    with client(rotating.httpx.Auth(secret), limits=one).stream("GET", url) as given:
        assert given.status_code == 401
    assert api.keys[2] == "new"


def test_a_hook_of_the_application_sees_the_last_answer_only(
    secret: Secret, url: str, ca: str
) -> None:
    seen: list[int] = []
    requests.get(
        url,
        auth=rotating.requests.Auth(secret),
        hooks={"response": lambda answer, **_: seen.append(answer.status_code)},
        verify=ca,
        timeout=30,
    )
    assert seen == [200]
