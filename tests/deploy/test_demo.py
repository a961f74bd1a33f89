"""`make demo` as its user sees it, and the verdict it ends with."""

import copy
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from local import template
from local.bootstrap import ROOT
from local.demo.__main__ import rotate
from local.demo.timeline import Timeline, summary
from local.demo.verdict import verdict
from local.demo.witness import Moment, Witness
from local.system import System
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from tests.lab import Lab

DEMO = (sys.executable, "-m", "local.demo")


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *options],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_two_rotations_with_a_lost_answer_under_the_emulator() -> None:
    done = run("--only", "api-key", "--times", "2", "--fail", "setSecret")
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("✗ setSecret", "retried", "✓ finishSecret", "PENDING → CURRENT", "all 6"):
        assert words in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    # JupyterHub's and our keys are 32 hexadecimal characters or more; a version's id is shorter.
    assert not re.search(r"[0-9a-f]{32}", done.stdout + done.stderr)


def test_single_and_alternating_users_share_a_server() -> None:
    done = run("--only", "postgres", "--only", "postgres-alternating")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("· starting postgres\n") == 1
    for function in ("PostgresSingleUser", "PostgresAlternatingUsers"):
        assert re.search(rf"{function} +1 .* all 6", done.stdout)
    assert "old ✗  new ✓" in done.stdout  # of the single user: between setSecret and finishSecret
    steps = [
        line for line in done.stdout.partition("AlternatingUsers")[2].splitlines() if "✓ " in line
    ]
    assert all("old ✓" in step for step in steps)


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    done = run("--only", "oracle")
    assert done.returncode == 2
    assert "postgres" in done.stderr


def test_ctrl_c_ends_every_process_it_started() -> None:
    demo = subprocess.Popen(
        [*DEMO, "--only", "postgres", "--times", "100"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "finishSecret" in line:  # the servers and the emulator are all up
                break
        family = set(_descendants(demo.pid))
        assert len(family) >= 3  # PostgreSQL, the emulator, the function
        demo.send_signal(signal.SIGINT)
        demo.stdout.read()
        assert demo.wait(60) != 0
    assert not [pid for pid in family if _runs(pid)]


def _descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread may end while we look
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _descendants(int(child))


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def witness(lab: Lab, demo_issuer: Issuer, tmp_path: Path) -> Witness:
    target = IssuerTarget(demo_issuer)
    lab.functions.add(target)
    arn = target.seed(lab.client, f"demo/{tmp_path.name}")
    running = System(lab.service, {"api-key": target}, tmp_path)
    with Path(os.devnull).open("w") as nowhere:
        return rotate(running, target, arn, Timeline(Console(file=nowhere)))


def test_a_good_rotation_keeps_every_promise(witness: Witness) -> None:
    assert [check.promise for check in verdict(witness) if not check.kept] == []
    assert [scene.calls for scene in witness.scenes] == [4, 1, 1, 2]


def test_the_summary_fits_eighty_columns(witness: Witness) -> None:
    longest = max(template.functions(), key=len)
    target = copy.copy(witness.target)
    vars(target).update(title="HTTP API-key issuer", function=longest)
    shown = io.StringIO()
    other = replace(witness, target=target)
    Console(file=shown, width=80).print(summary([(other, verdict(other))]))
    assert len(shown.getvalue().splitlines()) == 2


@pytest.mark.parametrize(
    ("version", "accepted", "promise"),
    [
        ("new", False, "the target accepts AWSCURRENT"),
        ("old", False, "the target still accepts AWSPREVIOUS"),
        ("older", True, "the target refuses everything older"),
        ("all", False, "at every moment a stored version got in"),
    ],
)
def test_a_broken_promise_is_seen(
    witness: Witness, version: str, accepted: bool, promise: str
) -> None:
    last = witness.scenes[-1]
    changed = {"new": [witness.version_id], "old": [witness.old], "older": ["another"]}
    versions = changed.get(version, [witness.version_id, witness.old])
    end = Moment(last.after.labels, {**last.after.accepted, **dict.fromkeys(versions, accepted)})
    witness.scenes[-1] = replace(last, after=end)
    assert promise in [check.promise for check in verdict(witness) if not check.kept]


def test_a_failed_rotation_is_a_broken_promise(witness: Witness) -> None:
    assert witness.outcome is not None
    witness.outcome = replace(witness.outcome, state="failed")
    assert [c.promise for c in verdict(witness) if not c.kept] == ["the rotation succeeded"]
