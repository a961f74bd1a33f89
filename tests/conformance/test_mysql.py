"""Every strategy on MySQL and on MariaDB."""

from collections.abc import Mapping
from typing import ClassVar

import pytest

from local.servers import Server
from local.targets import DatabaseTarget
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from tests.conformance.database import DatabaseSuite, username

SERVERS = ("mariadb", "mariadb-11.8", "mysql")


@pytest.mark.parametrize("named_server", SERVERS, indirect=True)
class TestMySQL(DatabaseSuite):
    settings: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture
    def target(self, named_server: Server) -> DatabaseTarget:
        return MySQLTarget(named_server, username(), self.settings)


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


@pytest.mark.parametrize("named_server", SERVERS, indirect=True)
class TestMySQLAlternatingUsers(DatabaseSuite):
    credential = frozenset({"username", "password"})

    @pytest.fixture
    def target(self, named_server: Server) -> DatabaseTarget:
        return MySQLAlternatingTarget(named_server, username())
