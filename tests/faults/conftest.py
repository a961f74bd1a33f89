"""How much is tried: a sample that its seed tells, or with `--thorough` all there is."""

import pytest

from tests.faults.sample import SEED, Sample
from tests.fixtures_sandboxes import boxes, hospital, mortal, sandbox_log

__all__ = ["boxes", "hospital", "mortal", "sandbox_log"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="every fault, not a sample of them")
    parser.addoption("--seed", default=SEED, help="another sample (default: %(default)s)")


def pytest_report_header(config: pytest.Config) -> str:
    if config.getoption("thorough"):
        return "faults: all of them"
    return f"faults: a sample of them, --seed={config.getoption('seed')}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name == "test_leaks.py")  # after all that could leak
    if config.getoption("thorough"):
        for item in items:
            item.add_marker(pytest.mark.timeout(0))  # it takes what it takes


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether everything is to be tried, however long it takes."""
    return bool(pytestconfig.getoption("thorough"))


@pytest.fixture
def sample(request: pytest.FixtureRequest, *, thorough: bool) -> Sample:
    """At most so many of the points, the same ones for the same seed and test."""
    seed = request.config.getoption("seed")
    return Sample(f"{seed}/{request.node.name}", everything=thorough)
