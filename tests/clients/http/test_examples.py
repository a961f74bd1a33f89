"""The programs of docs/clients.md for requests and httpx, through a rotation."""

import asyncio
from collections import deque
from pathlib import Path

import pytest
from rotating import Secret

from shared.protocol.event import Step
from tests.clients.examples import program
from tests.clients.http.conftest import Opened
from tests.clients.http.world import CURRENT, Api, Shelf
from tests.issuers.described import BESIDE, CHOSEN, EXAMPLES, URL, Make
from tests.issuers.scripted import Stub, StubAnswer


@pytest.fixture(autouse=True)
def trusted(ca: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca)
    monkeypatch.setenv("SSL_CERT_FILE", ca)


def test_requests(make: Make, stub: Stub, tmp_path: Path) -> None:
    secret = make(EXAMPLES[BESIDE][0])
    names = program("requests", tmp_path, {"prod/keyshop": secret.arn, URL: stub.url})
    for _ in range(2):
        event = secret.begin()
        for step in Step:
            secret.step(event, step)
            assert names["owner"]() == "app"


def test_httpx(make: Make, stub: Stub, tmp_path: Path) -> None:
    secret = make(EXAMPLES[CHOSEN][0])
    names = program("httpx", tmp_path, {"prod/keyshop-user": secret.arn, URL: stub.url})
    event = secret.begin()
    for step in Step:
        secret.step(event, step)
        assert asyncio.run(names["owner"]()) == "app"


@pytest.mark.parametrize(
    "body", [b"<html>blocked</html>", b"\xff", b"[]", {"message": "lacks a right"}]
)
def test_jupyterhubs_rejection_is_no_other_403(  # noqa: PLR0913, PLR0917 - each is one thing
    opened: Opened,
    secret: Secret,
    shelf: Shelf,
    url: str,
    api: Api,
    tmp_path: Path,
    body: object,
) -> None:
    rejected = program("requests", tmp_path, {}, number=1)["is_wrong"]
    ask = opened(secret, rejected=rejected)
    api.accepts, api.answers = {"old"}, deque([StubAnswer(403, body)])
    assert [ask("GET", url).status for _ in range(2)] == [403, 200]
    assert shelf.reads == [CURRENT]
    api.accepts, api.rejected = {"new"}, StubAnswer(403, {"status": 403, "message": "Forbidden"})
    assert ask("GET", url).before == [403]
