"""The clients' tests that need no server, on each Python that the package is for."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local import pythons
from local.bootstrap import ROOT

CLIENTS = ROOT / "clients"
# What needs nothing but the package and the drivers: no server, and nothing else of the project.
TESTS = ROOT / "tests" / "clients" / "core"
HERE = TESTS.parent  # what is above it is for servers
MODULES = [
    ".".join(file.relative_to(CLIENTS).with_suffix("").parts).removesuffix(".__init__")
    for file in sorted((CLIENTS / "rotating").rglob("*.py"))
]


def run(python: Path, *words: str | Path, cwd: Path) -> None:
    done = subprocess.run([python, *words], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_versions_are_those_that_the_project_says() -> None:
    assert [*pythons.SUITES] == ["3.11", "3.12", "3.13", "3.14"]


@pytest.mark.parametrize("version", pythons.SUITES)
def test_every_module_is_imported_and_every_test_passes(
    version: str, tmp_path: Path, report: Callable[[str], None]
) -> None:
    programs = pythons.environment(version)
    if programs is None:
        # Only where Debian has none either; the run ends with this line, as it began with it.
        assert not pythons.SUITES[version]
        report(f"clients: NOT tested on Python {version}, which this machine does not have")
        return
    python = programs / "python"
    imported = f"import sys; sys.path.insert(0, {str(CLIENTS)!r}); import {', '.join(MODULES)}"
    run(python, "-W", "error", "-c", imported, cwd=tmp_path)
    settings = ("-c", CLIENTS / "pyproject.toml", f"--confcutdir={HERE}", "-p", "no:cacheprovider")
    profile = "--hypothesis-profile=ci"  # without a deadline: a busy machine is no failure
    run(python, "-m", "pytest", "-q", profile, *settings, TESTS, cwd=tmp_path)
