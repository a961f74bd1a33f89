"""Every strategy on MySQL and on MariaDB."""

from collections.abc import Mapping
from typing import ClassVar

import pytest

from local.servers import Server
from local.targets import DatabaseTarget
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from tests.conformance.database import DatabaseSuite, username

SERVERS = ("mariadb", "mariadb-11.8", "mysql")
# Where a setting changes only who asks, or when.
FEW = ("mariadb", "mysql")


class SingleUserSuite(DatabaseSuite):
    settings: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture
    def target(self, named_server: Server) -> DatabaseTarget:
        return MySQLTarget(named_server, username(), self.settings)


@pytest.mark.parametrize("named_server", SERVERS, indirect=True)
class TestMySQL(SingleUserSuite):
    pass


@pytest.mark.parametrize("named_server", FEW, indirect=True)
class TestMySQLByAdmin(SingleUserSuite):
    settings: ClassVar[Mapping[str, str]] = {"ADMIN_SETS_PASSWORD": "true"}


@pytest.mark.parametrize("named_server", FEW, indirect=True)
class TestMySQLShortGap(SingleUserSuite):
    settings: ClassVar[Mapping[str, str]] = {"SHORT_GAP": "true"}
    seamless = True  # after a step, that is: within setSecret there is the gap


@pytest.mark.parametrize("named_server", SERVERS, indirect=True)
class TestMySQLOverlap(SingleUserSuite):
    settings: ClassVar[Mapping[str, str]] = {"PASSWORD_OVERLAP": "true"}


@pytest.mark.parametrize("named_server", FEW, indirect=True)
class TestMySQLOverlapByAdmin(SingleUserSuite):
    settings: ClassVar[Mapping[str, str]] = {
        "PASSWORD_OVERLAP": "true",
        "ADMIN_SETS_PASSWORD": "true",
    }


@pytest.mark.parametrize("named_server", FEW, indirect=True)
class TestMySQLOverlapUntilFinish(SingleUserSuite):
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
