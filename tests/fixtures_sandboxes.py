"""Functions as processes, beside the local Secrets Manager of the run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.mortal import Mortal
from tests.faults.patients import Hospital, Patient
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
    """The functions' home for this test, behind the lab's gate."""
    before, home = lab.gate.home, Mortal(boxes)
    lab.gate.home = home
    yield home
    lab.gate.home = before


@pytest.fixture
def hospital(lab: Lab, mortal: Mortal, request: pytest.FixtureRequest) -> Hospital:
    """Takes in a case."""
    return lambda case: Patient(case, lab, mortal, request)
