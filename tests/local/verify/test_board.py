"""How results stand on the board, and what the command says and returns."""

import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from local.verify import board, rules
from local.verify.__main__ import app
from local.verify.place import Kind
from local.verify.registry import CANNOT_BE_ASKED, Check
from local.verify.verdict import Outcome, Result, rulings

BY_NAME = {check.name: check for check in rules.checks()}
PLAIN = BY_NAME["an_unknown_version_is_not_found"]
ASSUMED = BY_NAME["a_deleted_secret_refuses_writes"]


def _result(check: Check, outcome: Outcome, seen: str = "") -> Result:
    return Result(check, outcome, seen, ())


@pytest.mark.parametrize(
    ("check", "outcomes", "kind", "expected"),
    [
        (PLAIN, ["holds", "holds"], "emulator", "holds"),
        (PLAIN, ["holds", "does not hold"], "emulator", "does not hold"),
        (PLAIN, ["cannot be asked", "holds"], "emulator", "holds"),
        (PLAIN, ["cannot be asked", "cannot be asked"], "emulator", "cannot be asked"),
        (ASSUMED, ["holds"], "local", "unknown"),
        (ASSUMED, ["unknown"], "emulator", "unknown"),
        (ASSUMED, ["holds"], "aws", "holds"),
        (ASSUMED, ["does not hold"], "aws", "does not hold"),
    ],
)
def test_a_fact_stands_as_its_checks_do(
    check: Check, outcomes: list[str], kind: Kind, expected: str
) -> None:
    results = [_result(check, Outcome(each)) for each in outcomes]
    (ruling,) = rulings(results, kind, {check.number})
    assert ruling.outcome == expected


def test_a_fact_that_no_check_asks_says_why() -> None:
    ruled = list(rulings([], "local", CANNOT_BE_ASKED))
    assert [each.why for each in ruled] == list(CANNOT_BE_ASKED.values())


def test_the_board_shows_each_fact_in_a_line_and_what_was_seen() -> None:
    results = [
        _result(PLAIN, Outcome.BROKEN, "[red]a list[/] of :secret: things"),
        _result(ASSUMED, Outcome.UNKNOWN, "something else"),
    ]
    console = Console(width=80, record=True, highlight=False, emoji=False)
    board.show(console, list(rulings(results, "emulator", {12, 13, 16})))
    text = " ".join(console.export_text().split())
    assert " 12 does not hold 0/1 A label or version without" in text
    assert " 13 cannot be asked – Reads after writes" in text
    assert " 16 unknown 0/1* A deleted secret" in text
    assert "seen: [red]a list[/] of :secret: things" in text
    assert "fact 13 cannot be asked: a read that misses" in text
    assert text.endswith(
        "3 facts by 2 checks: 0 holds, 1 does not hold, 1 cannot be asked, 1 unknown."
        " 1 of the checks (*) ask what is only assumed until somebody asks AWS."
    )


def test_a_rule_that_holds_is_exit_code_0_and_the_board_can_be_json() -> None:
    ran = CliRunner().invoke(app, ["--only", "14", "--output", "json"])
    assert ran.exit_code == 0, ran.output
    (fact,) = json.loads(ran.stdout)
    assert (fact["fact"], fact["outcome"]) == (14, "holds")
    assert {check["outcome"] for check in fact["checks"]} == {"holds"}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--endpoint", "somewhere"], "it is local, aws or a URL"),
        (["--clean-up"], "the local service forgets all by itself"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: list[str], why: str) -> None:
    ran = CliRunner().invoke(app, options)
    assert ran.exit_code == 2
    assert why in " ".join(ran.output.replace("│", " ").split())
