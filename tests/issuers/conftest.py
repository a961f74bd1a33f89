"""The internet that has all stubs, and a new stub for each test."""

from collections.abc import Callable, Iterator

import pytest

from local.servers.certificates import Authority
from tests.issuers.examples import Documentation
from tests.issuers.internet import Internet
from tests.issuers.stub import Stub

NewStub = Callable[[str], Stub]


@pytest.fixture(scope="session")
def internet(authority: Authority) -> Iterator[tuple[Internet, str]]:
    with Internet(authority) as server, server.running() as proxy:
        yield server, proxy


@pytest.fixture
def new_stub(internet: tuple[Internet, str], monkeypatch: pytest.MonkeyPatch) -> NewStub:
    """The stub of an issuer, by its description's name, which functions of this test meet."""
    server, proxy = internet
    monkeypatch.setenv("ISSUER_PROXY", proxy)
    return lambda name: server.add(Documentation.read(name))
