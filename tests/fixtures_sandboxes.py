"""Functions as processes, beside the local Secrets Manager of the run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.mortal import Mortal
from tests.faults.sandboxes import Sandboxes, sandboxes
from tests.lab import Lab


@pytest.fixture(scope="session")
def sandbox_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that the functions print."""
    return tmp_path_factory.mktemp("sandboxes") / "functions.log"


@pytest.fixture(scope="session")
def boxes(running_lab: Lab, sandbox_log: Path) -> Iterator[Sandboxes]:
    assert running_lab.service.environment  # in this process's own, which they get
    with sandboxes(sandbox_log, {}) as running:
        yield running


@pytest.fixture
def mortal(lab: Lab, boxes: Sandboxes) -> Iterator[Mortal]:
    """The service's home for this test."""
    before, home = lab.service.home, Mortal(boxes)
    lab.service.home = home
    yield home
    lab.service.home = before
