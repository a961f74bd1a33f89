"""Artifacts as SAM builds them, each once for all processes of a run; no test changes one."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.artifacts.trees import OF_EACH_KIND, sam_build

# Of a kind, with an SDK, for an architecture.
Built = Callable[[str, str, str], Path]


@pytest.fixture(scope="session")
def artifact_of(tmp_path_factory: pytest.TempPathFactory) -> Built:
    base = tmp_path_factory.getbasetemp()
    # Each process of pytest-xdist has a folder of its own in that of the run.
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "artifacts"
    shared.mkdir(exist_ok=True)

    def build(kind: str, sdk: str, architecture: str) -> Path:
        made = shared / f"{kind}-{sdk}-{architecture}"
        with made.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                making = made.with_suffix(".making")
                sam_build(OF_EACH_KIND[kind], making, ARCHITECTURE=architecture, SDK=sdk)
                making.rename(made)
        return made

    return build
