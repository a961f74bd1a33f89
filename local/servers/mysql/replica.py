"""Read-only replicas of MySQL and MariaDB: what the writer does is seen here a moment later.

Source: MySQL documentation, "CHANGE REPLICATION SOURCE TO"; MariaDB's, "CHANGE MASTER TO".
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from local.processes import children
from local.servers.certificates import Authority
from local.servers.mariadb import Version
from local.servers.mariadb import kind as mariadb
from local.servers.mysql import kind as mysql
from local.servers.mysql.family import login, serve_as
from local.servers.server import Server

# What a writer has to be started with: its replica begins where its binary log does.
WRITER: Mapping[str, Mapping[str, str]] = {
    "mysql": {
        "disable_log_bin": "OFF",
        "log_bin": "binlog",
        "server_id": "1",
        "gtid_mode": "ON",
        "enforce_gtid_consistency": "ON",
    },
    "mariadb": {"skip_log_bin": "OFF", "log_bin": "binlog", "server_id": "1"},
}
READER: Mapping[str, Mapping[str, str]] = {
    "mysql": {
        "server_id": "2",
        "super_read_only": "ON",
        "gtid_mode": "ON",
        "enforce_gtid_consistency": "ON",
    },
    "mariadb": {"server_id": "2", "read_only": "ON"},  # of which its administrator is free
}
FOLLOW: Mapping[str, str] = {
    "mysql": "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_USER = %s,"
    " SOURCE_PASSWORD = %s, SOURCE_SSL = 1, SOURCE_SSL_CA = %s,"
    " SOURCE_SSL_VERIFY_SERVER_CERT = 1, SOURCE_AUTO_POSITION = 1",
    "mariadb": "CHANGE MASTER TO MASTER_HOST = %s, MASTER_PORT = %s, MASTER_USER = %s,"
    " MASTER_PASSWORD = %s, MASTER_SSL = 1, MASTER_SSL_CA = %s,"
    " MASTER_SSL_VERIFY_SERVER_CERT = 1, MASTER_USE_GTID = slave_pos",
}


@contextmanager
def replica(
    folder: Path, authority: Authority, writer: Server, *, version: Version = "10.11"
) -> Iterator[Server]:
    """Run a replica of `writer`, started with WRITER's settings, while the block runs.

    `version` is the writer's, where that is MariaDB. Its log is <engine>-replica.log in `folder`.
    """
    engine = writer.engine
    kind = mysql() if engine == "mysql" else mariadb(version)
    log = folder / f"{engine}-replica.log"
    server = replace(writer, port=children.free_port(), log=log, restart=None)
    with serve_as(kind, server, log, authority, READER[engine]) as reader:
        with login(reader) as session, session.cursor() as cursor:
            cursor.execute("SELECT @@ssl_ca")  # where the server itself can read it
            (ca,) = cursor.fetchone() or ("",)
            whom = (writer.host, writer.port, writer.admin, writer.password, ca)
            cursor.execute(FOLLOW[engine], whom)
            cursor.execute("START REPLICA")
        yield reader
