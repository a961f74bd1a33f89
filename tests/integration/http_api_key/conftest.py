"""Secrets of the made-up issuer's keys."""

import pytest

from tests.issuers.described import Make, target_of
from tests.issuers.keyshop import Keyshop
from tests.issuers.scripted import Stub
from tests.lab import Lab


@pytest.fixture
def make(lab: Lab, shop: Keyshop, stub: Stub) -> Make:
    """The secret of an example, with its first key made at the stub."""
    return lambda example, **settings: lab.secret(target_of(example, shop, stub, settings))
