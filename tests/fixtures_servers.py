"""One authority and at most one server of each engine, for the whole run, when first asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.certificates import Authority
from local.servers import Server, mariadb, mysql, postgres


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def server_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def postgres_server(server_logs: Path, authority: Authority) -> Iterator[Server]:
    with postgres(server_logs, authority) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_15_server(server_logs: Path, authority: Authority) -> Iterator[Server]:
    with postgres(server_logs, authority, version="15") as server:
        yield server


@pytest.fixture(scope="session")
def postgres_18_server(server_logs: Path, authority: Authority) -> Iterator[Server]:
    with postgres(server_logs, authority, version="18") as server:
        yield server


@pytest.fixture(params=["postgres_15_server", "postgres_server", "postgres_18_server"])
def any_postgres_server(request: pytest.FixtureRequest) -> Server:
    """Each version that is tested, one after the other."""
    server: Server = request.getfixturevalue(request.param)
    return server


@pytest.fixture(params=["postgres_15_server", "postgres_server"])
def either_postgres_server(request: pytest.FixtureRequest) -> Server:
    """One of each kind: memberships have options since PostgreSQL 16."""
    server: Server = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def mariadb_server(server_logs: Path, authority: Authority) -> Iterator[Server]:
    with mariadb(server_logs, authority) as server:
        yield server


@pytest.fixture(scope="session")
def mysql_server(server_logs: Path, authority: Authority) -> Iterator[Server]:
    with mysql(server_logs, authority) as server:
        yield server
