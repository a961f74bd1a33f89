"""Every strategy on every PostgreSQL there is."""

from collections.abc import Mapping
from typing import ClassVar

import pytest

from local.servers import Server
from local.targets import DatabaseTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from tests.conformance.database import DatabaseSuite, username

SERVERS = ("postgres-11", "postgres-14", "postgres-15", "postgres-16", "postgres", "postgres-18")
# Where a setting changes only who asks, or when: the oldest and the newest.
FEW = ("postgres-11", "postgres-18")


class SingleUserSuite(DatabaseSuite):
    settings: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture
    def target(self, named_server: Server) -> DatabaseTarget:
        return PostgresTarget(named_server, username(), self.settings)


@pytest.mark.parametrize("named_server", SERVERS, indirect=True)
class TestPostgres(SingleUserSuite):
    pass


@pytest.mark.parametrize("named_server", FEW, indirect=True)
class TestPostgresByAdmin(SingleUserSuite):
    settings: ClassVar[Mapping[str, str]] = {"ADMIN_SETS_PASSWORD": "true"}


@pytest.mark.parametrize("named_server", FEW, indirect=True)
class TestPostgresShortGap(SingleUserSuite):
    settings: ClassVar[Mapping[str, str]] = {"SHORT_GAP": "true"}
    seamless = True  # after a step, that is: within setSecret there is the gap


@pytest.mark.parametrize("named_server", SERVERS, indirect=True)
class TestPostgresAlternatingUsers(DatabaseSuite):
    credential = frozenset({"username", "password"})

    @pytest.fixture
    def target(self, named_server: Server) -> DatabaseTarget:
        return PostgresAlternatingTarget(named_server, username())


class PooledSuite(DatabaseSuite):
    """As the others, where the secrets name a PgBouncer that asks the server for passwords."""

    kind: ClassVar[type[PostgresTarget]] = PostgresTarget

    @pytest.fixture
    def target(self, postgres_server: Server, pooled_postgres_server: Server) -> DatabaseTarget:
        target = self.kind(postgres_server, username())
        target.name_pooler(pooled_postgres_server)
        return target


class TestPostgresPooled(PooledSuite):
    pass


class TestPostgresAlternatingUsersPooled(PooledSuite):
    kind = PostgresAlternatingTarget
    credential = frozenset({"username", "password"})
