"""Figures for docs/reliability.md; see local/evidence.py."""

from collections.abc import Callable
from typing import Protocol

import pytest

from local import evidence as kept


class Evidence(Protocol):
    def __call__(self, table: str, row: str, /, **figures: kept.Figure) -> None: ...


@pytest.fixture(scope="session")
def evidence(report: Callable[[str], None]) -> Evidence:
    """Keep a row, and print it at the end of the run."""

    def record(table: str, row: str, /, **figures: kept.Figure) -> None:
        kept.record(table, row, **figures)
        said = ", ".join(f"{name.replace('_', ' ')} {figure}" for name, figure in figures.items())
        report(f"{table}: {row}: {said}")

    return record
