"""`make bench-availability`: what it counts, and that it measures every strategy."""

import io
import re
import subprocess
import sys
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import pytest
from rich.console import Console

from local.bench.availability import StrategyFigures, table
from local.bench.cases import CASES
from local.bench.client import Client, Login, gaps
from local.bootstrap import ROOT
from local.targets import Target
from tests.lab import Lab

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def bench(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "local.bench.availability", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_every_strategy_is_measured_and_no_seamless_one_fails_a_login() -> None:
    done = bench("--rotations", "1", "--pause-ms", "100")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    rows = re.findall(
        r"^(\w+ [\d.]+) +(\S.*?) +1 +(\d+) +(\d+) +\d+ +\d+ +(\d+) *$", done.stdout, re.MULTILINE
    )
    assert len(rows) == len(CASES)
    for (title, strategy, logins, failed, reference), case in zip(
        rows, CASES.values(), strict=True
    ):
        assert (strategy, int(reference)) == (case.strategy, case.reference)
        assert int(logins) > int(failed)
        if strategy == "single":
            assert int(failed) > 0, title  # so a gap is seen where there is one
        if case.seamless:
            assert int(failed) == 0, title


def test_an_unknown_strategy_is_refused_with_the_known_ones() -> None:
    done = bench("--only", "oracle")
    assert done.returncode == 2
    assert "postgres-short-gap" in done.stderr


def logins(*answers: tuple[float, bool]) -> list[Login]:
    return [Login(at - 0.5, at, accepted) for at, accepted in answers]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], []),
        ([(1, True), (2, True)], []),
        ([(1, True), (2, False), (3, True)], [1]),
        ([(1, True), (2, False), (3, False), (5, True), (6, False), (8, True)], [3, 2]),
        ([(1, True), (2, False)], []),  # it has no end yet
    ],
)
def test_a_gap_is_from_the_first_refusal_to_the_next_good_login(
    answers: list[tuple[float, bool]], expected: list[float]
) -> None:
    assert gaps(logins(*answers)) == expected


def measured(name: str, failed: int, *found: float) -> StrategyFigures:
    return StrategyFigures("MariaDB 10.11.18", CASES[name], 50, 99999, failed, list(found))


def test_the_mean_is_of_a_rotation_and_all_of_it_fits_eighty_columns() -> None:
    shown = io.StringIO()
    rows = [measured(name, 99999, 0.5, 1.0) for name in CASES]
    Console(file=shown, width=80).print(table(rows))
    lines = shown.getvalue().splitlines()
    assert len(lines) == 1 + len(CASES)
    assert lines[1].split()[-3:] == ["1000", "30", "672"]
    assert "…" not in shown.getvalue()


@pytest.mark.parametrize("name", CASES)
def test_a_failed_login_breaks_what_is_seamless(name: str) -> None:
    assert measured(name, 1, 0.1).broken is CASES[name].seamless
    assert not measured(name, 0).broken


class Scripted:
    """A target that answers as it is told, then raises."""

    function: ClassVar[str] = "None"
    settings: ClassVar[Mapping[str, str]] = {}
    installs = True
    overlaps = False
    title = "a target"

    def __init__(self, answers: list[bool]) -> None:
        self._answers = answers

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        return client.create_secret(Name=name, SecretString="{}")["ARN"]

    def accepts(self, document: Mapping[str, object]) -> bool:
        assert document == {}
        if not self._answers:
            raise ConnectionError("gone")
        return self._answers.pop(0)


def test_what_is_neither_a_good_login_nor_a_refusal_comes_out(lab: Lab) -> None:
    target: Target = Scripted([False, False])
    arn = target.seed(lab.client, f"bench/{uuid.uuid4()}")
    with Client(lab.client, arn, target) as client, pytest.raises(ConnectionError, match="gone"):
        client.wait()
    assert [login.accepted for login in client.logins] == [False, False]


def test_a_client_waits_for_a_login_that_begins_later(lab: Lab) -> None:
    target: Target = Scripted([True] * 100)
    arn = target.seed(lab.client, f"bench/{uuid.uuid4()}")
    with Client(lab.client, arn, target) as client:
        client.wait()
        before = len(client.logins)
        client.wait()
        assert len(client.logins) > before
