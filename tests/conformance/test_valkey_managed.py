"""Users that AWS keeps, on a real server behind a stand-in for the services' APIs."""

from collections.abc import Mapping
from typing import ClassVar

import pytest

from local.targets import Place
from rotators.valkey.testing import valkey
from rotators.valkey.testing.managed import ManagedTarget, ManagedUsers
from tests.conformance.suite import RotationSuite


class TestElastiCache(RotationSuite):
    settings: ClassVar[Mapping[str, str]] = {}
    service: ClassVar[str] = "elasticache"

    @pytest.fixture
    def target(self, place: Place, managed_users: ManagedUsers) -> ManagedTarget:
        return ManagedTarget(place.running(valkey), managed_users, self.settings, self.service)


class TestElastiCacheOverlap(TestElastiCache):
    settings: ClassVar[Mapping[str, str]] = {"PASSWORD_OVERLAP": "true"}


class TestMemoryDb(TestElastiCache):
    service: ClassVar[str] = "memorydb"
