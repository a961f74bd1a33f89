"""Users of Valkey and of Redis."""

import uuid
from collections.abc import Mapping
from typing import ClassVar

import pytest

from local.targets import Place, registry
from rotators.valkey.testing import ValkeyTarget, of_nodes
from tests.conformance.database import DatabaseSuite

SERVERS = ("valkey", "redis")


class TestValkey(DatabaseSuite):
    engine: ClassVar[str] = SERVERS[0]
    settings: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture
    def target(self, place: Place) -> ValkeyTarget:
        server = place.running(registry.servers()[self.engine].run)
        return ValkeyTarget(server, f"app-{uuid.uuid4().hex[:8]}", self.settings)


class TestValkeyByAdmin(TestValkey):
    settings: ClassVar[Mapping[str, str]] = {"ADMIN_SETS_PASSWORD": "true"}


class TestValkeyOverlap(TestValkey):
    settings: ClassVar[Mapping[str, str]] = {"PASSWORD_OVERLAP": "true"}


class TestValkeyOverlapByAdmin(TestValkey):
    settings: ClassVar[Mapping[str, str]] = {
        "PASSWORD_OVERLAP": "true",
        "ADMIN_SETS_PASSWORD": "true",
    }


class TestValkeyOverlapUntilFinish(TestValkey):
    settings: ClassVar[Mapping[str, str]] = {
        "PASSWORD_OVERLAP": "true",
        "OLD_PASSWORD_ENDS": "on-finish",
    }
    seamless = True


class TestRedis(TestValkey):
    engine = SERVERS[1]


class TestRedisOverlapUntilFinish(TestValkeyOverlapUntilFinish):
    engine = SERVERS[1]


class TestValkeyReplicas(DatabaseSuite):
    """A user of three nodes, each of which has it anew."""

    @pytest.fixture
    def target(self, place: Place) -> ValkeyTarget:
        return of_nodes(place, f"app-{uuid.uuid4().hex[:8]}", {"ADMIN_SETS_PASSWORD": "true"})
