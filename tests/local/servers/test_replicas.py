"""A replica has what its writer has a moment later, and lets nobody change it."""

import uuid
from dataclasses import replace

import psycopg
import pymysql
import pytest

from local.servers import Server
from local.servers.mysql.family import login as mysql_login
from local.servers.postgres import login as postgres_login
from tests.fixtures.replicas import wait_for_user


def test_a_postgres_standby(postgres_writer: Server, postgres_reader: Server) -> None:
    user = f"app_{uuid.uuid4().hex[:8]}"
    with postgres_login(postgres_writer) as session:
        session.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'right'".encode())
    wait_for_user(postgres_reader, user, "right")
    with (
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        postgres_login(postgres_reader) as session,
    ):
        session.execute(f"DROP ROLE {user}".encode())


@pytest.mark.parametrize("engine", ["mariadb", "mysql"])
def test_a_replica_of_the_family(engine: str, request: pytest.FixtureRequest) -> None:
    writer: Server = request.getfixturevalue(f"{engine}_writer")
    reader: Server = request.getfixturevalue(f"{engine}_reader")
    user = f"app_{uuid.uuid4().hex[:8]}"
    with mysql_login(writer) as session, session.cursor() as cursor:
        cursor.execute(f"CREATE USER {user} IDENTIFIED BY 'right'")
        cursor.execute(f"GRANT ALL ON app.* TO {user}")
    wait_for_user(reader, user, "right")
    seen = replace(reader, admin=user, password="right")
    with mysql_login(seen) as session, session.cursor() as cursor:
        with pytest.raises(pymysql.err.OperationalError) as refused:
            cursor.execute("DROP DATABASE app")
        assert refused.value.args[0] == 1290
    for server in (writer, reader):
        assert server.log is not None
        assert writer.password not in server.log.read_text()
