"""Every strategy on every server there is, through the same suite."""

import uuid
from collections.abc import Mapping
from typing import ClassVar

import pytest

from local.servers import Server
from local.targets import Target
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from tests.conformance.suite import RotationSuite

POSTGRES = ("postgres_15_server", "postgres_server", "postgres_18_server")
MYSQL = ("mariadb_server", "mysql_server")


def username() -> str:
    return f"app {uuid.uuid4().hex[:8]}"


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The one whose fixture a class is parametrised with."""
    server: Server = request.getfixturevalue(request.param)
    return server


class SingleUserSuite(RotationSuite):
    settings: ClassVar[Mapping[str, str]] = {}


@pytest.mark.parametrize("server", POSTGRES, indirect=True)
class TestPostgres(SingleUserSuite):
    @pytest.fixture
    def target(self, server: Server) -> Target:
        return PostgresTarget(server, username(), self.settings)


class TestPostgresByAdmin(TestPostgres):
    settings: ClassVar[Mapping[str, str]] = {"ADMIN_SETS_PASSWORD": "true"}


class TestPostgresShortGap(TestPostgres):
    settings: ClassVar[Mapping[str, str]] = {"SHORT_GAP": "true"}
    seamless = True  # after a step, that is: within setSecret there is the gap


@pytest.mark.parametrize("server", POSTGRES, indirect=True)
class TestPostgresAlternatingUsers(RotationSuite):
    credential = frozenset({"username", "password"})

    @pytest.fixture
    def target(self, server: Server) -> Target:
        return PostgresAlternatingTarget(server, username())


@pytest.mark.parametrize("server", MYSQL, indirect=True)
class TestMySQL(SingleUserSuite):
    @pytest.fixture
    def target(self, server: Server) -> Target:
        return MySQLTarget(server, username(), self.settings)


class TestMySQLByAdmin(TestMySQL):
    settings: ClassVar[Mapping[str, str]] = {"ADMIN_SETS_PASSWORD": "true"}


class TestMySQLShortGap(TestMySQL):
    settings: ClassVar[Mapping[str, str]] = {"SHORT_GAP": "true"}
    seamless = True  # after a step, that is: within setSecret there is the gap


class TestMySQLOverlap(TestMySQL):
    settings: ClassVar[Mapping[str, str]] = {"PASSWORD_OVERLAP": "true"}


class TestMySQLOverlapByAdmin(TestMySQL):
    settings: ClassVar[Mapping[str, str]] = {
        "PASSWORD_OVERLAP": "true",
        "ADMIN_SETS_PASSWORD": "true",
    }


class TestMySQLOverlapUntilFinish(TestMySQL):
    settings: ClassVar[Mapping[str, str]] = {
        "PASSWORD_OVERLAP": "true",
        "OLD_PASSWORD_ENDS": "on-finish",
    }
    seamless = True


@pytest.mark.parametrize("server", MYSQL, indirect=True)
class TestMySQLAlternatingUsers(RotationSuite):
    credential = frozenset({"username", "password"})

    @pytest.fixture
    def target(self, server: Server) -> Target:
        return MySQLAlternatingTarget(server, username())
