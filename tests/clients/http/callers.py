"""The three ways to ask over HTTP, as tests use them alike."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import requests
import rotating.httpx
import rotating.requests
from rotating import Secret


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: its status, and the statuses of what came before it."""

    status: int
    before: list[int]
    text: str = field(repr=False)


Ask = Callable[..., Answer]
"""Asks: a method, a URL, and what the library's `request` takes."""


@dataclass(frozen=True, slots=True)
class Library:
    """Opens one with its face; `refused` and `unreachable` are its own errors.

    raw: what its `request` calls a body as it is; streamed: one that is made while it is sent;
    following, staying: what has it follow redirects, and not.
    """

    open: Callable[..., Ask]
    refused: type[Exception]
    unreachable: type[Exception]
    raw: str
    streamed: Callable[[list[bytes]], object]
    following: Mapping[str, bool] = field(default_factory=lambda: {"follow_redirects": True})
    staying: Mapping[str, bool] = field(default_factory=dict)


def _requests(stack: ExitStack, secret: Secret, ca: str, *headers: Any, **auth: Any) -> Ask:  # noqa: ANN401
    session = stack.enter_context(requests.Session())
    session.auth = rotating.requests.Auth(secret, *headers, **auth)
    return lambda method, url, **options: _answer(
        session.request(method, url, verify=ca, timeout=30, **options)
    )


def _httpx(stack: ExitStack, secret: Secret, ca: str, *headers: Any, **auth: Any) -> Ask:  # noqa: ANN401
    face = rotating.httpx.Auth(secret, *headers, **auth)
    client = stack.enter_context(httpx.Client(auth=face, verify=trusting(ca), timeout=30))
    return lambda method, url, **options: _answer(client.request(method, url, **options))


def _httpx_async(_: ExitStack, secret: Secret, ca: str, *headers: Any, **auth: Any) -> Ask:  # noqa: ANN401
    face = rotating.httpx.Auth(secret, *headers, **auth)
    context = trusting(ca)

    async def ask(method: str, url: str, **options: Any) -> Answer:  # noqa: ANN401
        async with httpx.AsyncClient(auth=face, verify=context, timeout=30) as client:
            return _answer(await client.request(method, url, **options))

    return lambda method, url, **options: asyncio.run(ask(method, url, **options))


async def _streamed(parts: list[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


LIBRARIES = {
    "requests": Library(
        _requests,
        requests.HTTPError,
        requests.ConnectionError,
        "data",
        iter,
        {},
        {"allow_redirects": False},
    ),
    "httpx": Library(_httpx, httpx.HTTPStatusError, httpx.ConnectError, "content", iter),
    "httpx-async": Library(
        _httpx_async, httpx.HTTPStatusError, httpx.ConnectError, "content", _streamed
    ),
}


def trusting(ca: str) -> ssl.SSLContext:
    """What httpx takes in place of a file."""
    return ssl.create_default_context(cafile=ca)


def _answer(response: requests.Response | httpx.Response) -> Answer:
    return Answer(response.status_code, _statuses(response.history), response.text)


def _statuses(responses: Iterable[requests.Response | httpx.Response]) -> list[int]:
    return [each.status_code for each in responses]
