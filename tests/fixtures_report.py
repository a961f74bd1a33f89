"""Figures that tests measure, printed once at the end of the run."""

from collections.abc import Callable
from typing import Any

import pytest

_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    return _figures(request.config).append


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes hands its figures to the one that prints."""
    if output := getattr(session.config, "workeroutput", None):
        output["figures"] = _figures(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - pytest-xdist names no type for it
    # A process that crashed has handed over nothing.
    _figures(node.config).extend(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if figures := _figures(config):
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.line(figure)


def _figures(config: pytest.Config) -> list[str]:
    return config.stash.setdefault(_FIGURES, [])
