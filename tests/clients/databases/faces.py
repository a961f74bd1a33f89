"""What the faces of one engine have in common in their tests."""

from typing import Any, ClassVar

import pytest

from local.servers import Server
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from tests.clients.databases.suite import FaceSuite


class PostgresFace(FaceSuite):
    single = PostgresTarget
    alternating = PostgresAlternatingTarget
    refusal = "password authentication failed for user"
    who = "SELECT session_user"
    misnamed: ClassVar[dict[str, Any]] = {"host": "db.example.org", "hostaddr": "127.0.0.1"}
    unvouched: ClassVar[dict[str, Any]] = {"sslrootcert": "/nowhere"}

    @pytest.fixture
    def database(self, postgres_server: Server) -> Server:
        return postgres_server

    def tls(self, server: Server) -> dict[str, Any]:
        # As in local/servers/postgres.
        return {"sslrootcert": str(server.ca), "channel_binding": "disable"}


class MySQLFace(FaceSuite):
    single = MySQLTarget
    alternating = MySQLAlternatingTarget
    refusal = "Access denied for user"
    misnamed: ClassVar[dict[str, Any]] = {"host": "127.1"}  # not what the certificate has
    unvouched: ClassVar[dict[str, Any]] = {}
    who = "SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1)"

    @pytest.fixture
    def database(self, mysql_server: Server) -> Server:
        return mysql_server

    def tls(self, server: Server) -> dict[str, Any]:
        return {"ssl_ca": str(server.ca)}
