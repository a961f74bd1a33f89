"""The internet that has all stubs, and a new stub for each test."""

import json
from collections.abc import Iterator
from typing import Protocol

import pytest

from local.servers.certificates import Authority
from tests.issuers.examples import Documentation
from tests.issuers.internet import Internet
from tests.issuers.stub import Stub


class NewStub(Protocol):
    """Gives the stub of an issuer, which functions of this test meet."""

    def __call__(self, name: str, **instead: str) -> Stub:
        """By its description's name; `instead`: what stands for texts of its documentation."""
        ...


@pytest.fixture(scope="session")
def internet(authority: Authority) -> Iterator[tuple[Internet, str]]:
    with Internet(authority) as server, server.running() as proxy:
        yield server, proxy


@pytest.fixture
def new_stub(internet: tuple[Internet, str], monkeypatch: pytest.MonkeyPatch) -> NewStub:
    server, proxy = internet
    monkeypatch.setenv("ISSUER_PROXY", proxy)

    def add(name: str, **instead: str) -> Stub:
        text = json.dumps(Documentation.read(name).document)
        for old, new in instead.items():
            assert old in text
            text = text.replace(old, new)
        return server.add(Documentation(name, json.loads(text)))

    return add
