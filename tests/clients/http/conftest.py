"""A library with its face, and a secret of an example that it uses."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from rotating import Secret

from local.servers.certificates import Authority
from tests.clients.http.callers import LIBRARIES, Ask, Library, trusting
from tests.clients.http.world import CURRENT, PENDING, Api, Serve, Shelf, key
from tests.issuers.described import Make, target_of
from tests.issuers.keyshop import Keyshop
from tests.issuers.scripted import Stub, stub_issuer
from tests.lab import Lab, LabSecret


@pytest.fixture
def make(lab: Lab, shop: Keyshop, stub: Stub) -> Make:
    """The secret of an example of docs/issuers.md."""
    return lambda example, **settings: lab.secret(target_of(example, shop, stub, settings))


@pytest.fixture(params=list(LIBRARIES))
def library(request: pytest.FixtureRequest) -> Library:
    return LIBRARIES[request.param]


class Opened:
    """Opens the library for a secret of the lab, or of a test's own."""

    def __init__(self, library: Library, stack: ExitStack, ca: str) -> None:
        self._library = library
        self._stack = stack
        self._ca = ca

    def __call__(self, secret: LabSecret | Secret, *headers: Any, **auth: Any) -> Ask:  # noqa: ANN401
        if isinstance(secret, LabSecret):
            secret = Secret(secret.arn, client=secret.lab.client, wait_seconds=5)
        return self._library.open(self._stack, secret, self._ca, *headers, **auth)


@pytest.fixture
def shelf() -> Shelf:
    """In the gap: the API accepts what is still pending."""
    return Shelf({CURRENT: key("old"), PENDING: key("new")})


@pytest.fixture
def secret(shelf: Shelf) -> Secret:
    return Secret(shelf.name, source=shelf, wait_seconds=0.3)


@pytest.fixture
def api() -> Api:
    return Api({"new"})


@pytest.fixture
def url(serve: Serve, api: Api) -> str:
    return serve(api)


@pytest.fixture
def serve(authority: Authority) -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda api: stack.enter_context(stub_issuer(authority, api)).url


@pytest.fixture
def opened(library: Library, authority: Authority) -> Iterator[Opened]:
    with ExitStack() as stack:
        yield Opened(library, stack, str(authority.ca))


@pytest.fixture
def ca(authority: Authority) -> str:
    return str(authority.ca)


@pytest.fixture
def client(ca: str) -> Iterator[Callable[..., httpx.Client]]:
    """Makes httpx's, which trusts the authority."""
    with ExitStack() as stack:
        yield lambda auth, **options: stack.enter_context(
            httpx.Client(auth=auth, verify=trusting(ca), timeout=30, **options)
        )
