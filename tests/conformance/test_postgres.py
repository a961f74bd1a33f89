"""Every strategy on every PostgreSQL there is."""

import uuid
from collections.abc import Mapping
from typing import ClassVar

import pytest

from local.servers import Server
from local.targets import DatabaseTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from tests.conformance.database import DatabaseSuite

SERVERS = ("postgres_15_server", "postgres_server", "postgres_18_server")


def username() -> str:
    return f"app {uuid.uuid4().hex[:8]}"


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The one whose fixture a class is parametrised with."""
    server: Server = request.getfixturevalue(request.param)
    return server


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
