"""How much is tried: a sample that the seed determines, or everything with `--thorough`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.servers import Server
from tests.faults.leaks import search_for_leaks, server_views
from tests.faults.sample import SEED, Sample
from tests.faults.sandboxes import Sandboxes
from tests.fixtures.evidence import Evidence
from tests.fixtures.sandboxes import boxes, crashing_home, make_crashing_secret, sandbox_log
from tests.lab import Lab

__all__ = ["boxes", "crashing_home", "make_crashing_secret", "sandbox_log"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="every fault, not a sample of them")
    parser.addoption("--seed", default=SEED, help="another sample (default: %(default)s)")


def pytest_report_header(config: pytest.Config) -> str:
    if config.getoption("thorough"):
        return "faults: all of them"
    return f"faults: a sample of them, --seed={config.getoption('seed')}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("thorough"):
        for item in items:
            item.add_marker(pytest.mark.timeout(0))  # everything has no time limit


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether everything is to be tried, however long it takes."""
    return bool(pytestconfig.getoption("thorough"))


@pytest.fixture
def sample(request: pytest.FixtureRequest, *, thorough: bool) -> Sample:
    """At most so many of the points; the same seed and test give the same ones."""
    seed = request.config.getoption("seed")
    return Sample(f"{seed}/{request.node.name}", everything=thorough)


@pytest.fixture(scope="session")
def databases(
    postgres_server: Server, mariadb_server: Server, mysql_server: Server
) -> tuple[Server, Server, Server]:
    return postgres_server, mariadb_server, mysql_server


@pytest.fixture(scope="session", autouse=True)
def no_leaks(
    running_lab: Lab,
    sandbox_log: Path,
    boxes: Sandboxes,  # noqa: ARG001 - the functions write until they are stopped
    databases: tuple[Server, Server, Server],
    evidence: Evidence,
) -> Iterator[None]:
    """After the tests of this process, before its servers end: search for leaks."""
    yield
    result = search_for_leaks(running_lab, sandbox_log.parent.parent, server_views(*databases))
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    figures = {"values": result.values, "forms": result.forms, "files": result.files}
    evidence("leaks", f"process {process} of the run", **figures)
    assert result.found == []
