import uuid

import pytest

from local.servers import Server
from local.targets import MySQLTarget, PostgresTarget
from tests.conformance.suite import RotationSuite


def username() -> str:
    return f"app {uuid.uuid4().hex[:8]}"


class TestPostgres(RotationSuite):
    @pytest.fixture
    def target(self, postgres_server: Server) -> PostgresTarget:
        return PostgresTarget(postgres_server, username())


class TestMariaDB(RotationSuite):
    @pytest.fixture
    def target(self, mariadb_server: Server) -> MySQLTarget:
        return MySQLTarget(mariadb_server, username())


class TestMySQL(RotationSuite):
    @pytest.fixture
    def target(self, mysql_server: Server) -> MySQLTarget:
        return MySQLTarget(mysql_server, username())
