from typing import Any

import pytest
import rotating.pymysql as face
from rotating import Secret

from local.servers import Server
from tests.clients.databases.faces import MySQLFace


class TestConnect(MySQLFace):
    def user(self, secret: Secret, **own: Any) -> str:  # noqa: ANN401
        with face.connect(secret, **own) as connection, connection.cursor() as cursor:
            cursor.execute(self.who)
            return str(*cursor.fetchall()[0])


class TestMariaDB(TestConnect):
    refusal = "[Warning] Access denied for user"  # in its general log there is another line

    @pytest.fixture
    def database(self, mariadb_server: Server) -> Server:
        return mariadb_server
