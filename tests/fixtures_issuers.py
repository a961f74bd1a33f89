"""One issuer of each kind for the whole run, when first asked for; faults for the demo's."""

from collections.abc import Iterator

import pytest

from local import issuers
from local.certificates import Authority
from local.issuers.faults import Faults
from local.issuers.issuer import Issuer
from local.servers import Server, rabbitmq
from tests.keyshop import Keyshop
from tests.stub_issuer import Stub, stub_issuer

_faults = Faults()


@pytest.fixture(scope="session")
def demo_issuer(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Issuer]:
    with issuers.demo_issuer(tmp_path_factory.mktemp("demo"), authority, _faults) as issuer:
        yield issuer


@pytest.fixture(scope="session")
def jupyterhub(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Issuer]:
    with issuers.jupyterhub(tmp_path_factory.mktemp("jupyterhub"), authority) as issuer:
        yield issuer


@pytest.fixture(scope="session")
def rabbitmq_server(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[Server]:
    with rabbitmq(tmp_path_factory.mktemp("rabbitmq"), authority) as server:
        yield server


@pytest.fixture
def shop() -> Keyshop:
    """The made-up issuer of docs/issuers.md, as new."""
    return Keyshop()


@pytest.fixture
def stub(authority: Authority, shop: Keyshop) -> Iterator[Stub]:
    """Where the shop answers."""
    with stub_issuer(authority, shop, "/v1") as running:
        yield running


@pytest.fixture
def issuer_faults() -> Iterator[Faults]:
    """What is to go wrong in the demo issuer; nothing stays for the next test."""
    _faults.clear()
    yield _faults
    _faults.clear()


@pytest.fixture(params=["demo_issuer", "jupyterhub"])
def issuer(request: pytest.FixtureRequest) -> Issuer:
    """Each of the two in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Issuer)
    return found
