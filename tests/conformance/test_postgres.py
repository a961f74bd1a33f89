"""Every strategy on every PostgreSQL there is."""

from collections.abc import Mapping
from typing import ClassVar

import pytest

from local.servers import Server
from local.targets import DatabaseTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from tests.conformance.database import DatabaseSuite, username

SERVERS = (
    "postgres_11_server",
    "postgres_14_server",
    "postgres_15_server",
    "postgres_16_server",
    "postgres_server",
    "postgres_18_server",
)


@pytest.mark.parametrize("server", SERVERS, indirect=True)
class TestPostgres(DatabaseSuite):
    settings: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture
    def target(self, server: Server) -> DatabaseTarget:
        return PostgresTarget(server, username(), self.settings)


class TestPostgresByAdmin(TestPostgres):
    settings: ClassVar[Mapping[str, str]] = {"ADMIN_SETS_PASSWORD": "true"}


class TestPostgresShortGap(TestPostgres):
    settings: ClassVar[Mapping[str, str]] = {"SHORT_GAP": "true"}
    seamless = True  # after a step, that is: within setSecret there is the gap


@pytest.mark.parametrize("server", SERVERS, indirect=True)
class TestPostgresAlternatingUsers(DatabaseSuite):
    credential = frozenset({"username", "password"})

    @pytest.fixture
    def target(self, server: Server) -> DatabaseTarget:
        return PostgresAlternatingTarget(server, username())
