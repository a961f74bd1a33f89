"""`make bench-clients`: no error of ours in a short run, and what it counts."""

import subprocess
import sys

from local.bench.clients import report
from local.bench.clients.running import Figures
from local.bench.clients.situations import ROTATIONS
from local.bench.clients.soak import Held
from local.bench.clients.strategies import STRATEGIES
from local.bench.clients.tally import Tallies
from local.bench.clients.worker import OURS, RIVALLING
from local.bench.clients.wrong import NAIVE, Outcome, passed
from local.bootstrap import ROOT


def test_no_error_reaches_an_application_while_its_key_is_set_twice() -> None:
    options = ("--only", "http-set", "--situation", ROTATIONS, "--rotations", "2", "--no-wrong")
    done = subprocess.run(
        [sys.executable, "-m", "local.bench.clients", *options, "--threads", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for face in ("requests", "httpx", "httpx, async"):
        assert f"HTTP, set {face}" in " ".join(done.stdout.split()), done.stdout


def figures() -> Figures:
    ours, rivals = Tallies(), Tallies()
    ours.good(ROTATIONS, OURS, 0.25)
    ours.good(ROTATIONS, OURS, 0.75)
    rivals.bad(ROTATIONS, "naive", ValueError("no"))
    rivals.good(ROTATIONS, "naive", 0.5)
    return Figures(
        STRATEGIES["http-set"], 1.0, {"httpx": dict(ours.found), RIVALLING: dict(rivals.found)}
    )


def test_a_rows_cells_are_errors_of_calls_and_the_longest_good_one() -> None:
    row = ("HTTP, set", "httpx", "1 of 2, 0.5 s", "", "", "0 of 2, 0.8 s", "0.50 s")
    assert report.by_face([figures()]) == [row]
    assert report.by_situation([figures()]) == []


def test_an_error_of_ours_is_told_and_one_of_a_rivals_is_not() -> None:
    found = figures()
    assert list(report.errors(found)) == []
    tallies = Tallies()
    error = ValueError("rejected")
    error.add_note("was tried")
    tallies.bad("killed", OURS, error)
    broken = Figures(found.strategy, 1.0, {**found.found, "httpx": dict(tallies.found)})
    told = "HTTP, set, httpx, killed: 1 x ValueError rejected was tried"
    assert list(report.errors(broken)) == [told]


def test_what_grows_from_half_to_half_is_told() -> None:
    held = Held("postgres", "psycopg")
    held.figures["MB"] += [100, 100, 104, 106, 106, 106]
    held.figures["descriptors"] += [20, 23, 20, 22, 24, 21]
    assert held.grown() == ["postgres, psycopg: MB grew from 100.0 to 106.0"]


def test_a_face_that_tries_a_wrong_credential_too_often_has_failed() -> None:
    assert passed(Outcome("httpx", refused=4), 4)
    assert not passed(Outcome("httpx", refused=5), 4)
    assert passed(Outcome(NAIVE, refused=5000), 4)


def test_the_page_gets_the_last_run_in_place_of_the_one_before() -> None:
    page = "Before.\n<!-- bench -->\nold\n<!-- /bench -->\nAfter.\n"
    assert report.written(page, "bench", "new") == page.replace("old", "new")
