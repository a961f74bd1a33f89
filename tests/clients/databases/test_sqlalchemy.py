from typing import Any

import rotating.sqlalchemy as face
from rotating import Secret
from sqlalchemy import text

from tests.clients.databases.faces import MySQLFace, PostgresFace


class TestPostgres(PostgresFace):
    def user(self, secret: Secret, **own: Any) -> str:  # noqa: ANN401
        engine = face.create_engine(secret, connect_args=own)
        try:
            with engine.connect() as connection:
                return str(connection.execute(text(self.who)).scalar_one())
        finally:
            engine.dispose()


class TestMySQL(MySQLFace):
    def user(self, secret: Secret, **own: Any) -> str:  # noqa: ANN401
        engine = face.create_engine(secret, "mysql+pymysql://", connect_args=own)
        try:
            with engine.connect() as connection:
                return str(connection.execute(text(self.who)).scalar_one())
        finally:
            engine.dispose()
