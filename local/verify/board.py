"""The scoreboard: a row for each fact, then what was seen instead, and one line at the end."""

import json
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from local.verify.verdict import Outcome, Result, Ruling

STYLES = {
    Outcome.HOLDS: "green",
    Outcome.BROKEN: "bold red",
    Outcome.CANNOT: "dim",
    Outcome.UNKNOWN: "yellow",
}


def show(console: Console, rulings: Sequence[Ruling]) -> None:
    """Print the table, the faults, and the closing line."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("fact", justify="right", no_wrap=True)
    table.add_column("what AWS does")
    table.add_column("checks", justify="right", no_wrap=True)
    table.add_column("there")
    for ruling in rulings:
        why = f": {ruling.why}" if ruling.why else ""
        table.add_row(
            str(ruling.fact.number),
            ruling.fact.sentence,
            _count(ruling.results),
            f"[{STYLES[ruling.outcome]}]{ruling.outcome}[/]{why}",
        )
    console.print(table)
    for ruling in rulings:
        for result in ruling.results:
            if result.outcome in (Outcome.BROKEN, Outcome.UNKNOWN):
                console.print(f"fact {ruling.fact.number}, {result.check.name}: {result.outcome}")
                console.print(f"  {result.check.says}", markup=False)
                console.print(f"  seen: {result.seen}\n", markup=False)
    console.print(closing(rulings), soft_wrap=True)


def _count(results: Sequence[Result]) -> str:
    """How many held of how many; those that only an assumption is behind are told apart."""
    held = sum(each.outcome is Outcome.HOLDS for each in results)
    assumed = sum(each.check.assumed for each in results)
    of_them = f", {assumed} assumed" if assumed else ""
    return f"{held}/{len(results)}{of_them}" if results else "–"


def closing(rulings: Sequence[Ruling]) -> str:
    """The facts by how they stand, in one line."""
    counts = {each: sum(ruling.outcome is each for ruling in rulings) for each in Outcome}
    checks = sum(len(ruling.results) for ruling in rulings)
    said = ", ".join(f"{count} {each}" for each, count in counts.items())
    return f"{len(rulings)} facts by {checks} checks: {said}."


def as_json(rulings: Sequence[Ruling]) -> str:
    """The same for a program: no value, only what checks say."""
    return json.dumps(
        [
            {
                "fact": ruling.fact.number,
                "sentence": ruling.fact.sentence,
                "outcome": ruling.outcome,
                "why": ruling.why,
                "checks": [
                    {
                        "name": each.check.name,
                        "says": each.check.says,
                        "assumed": each.check.assumed,
                        "outcome": each.outcome,
                        "seen": each.seen,
                    }
                    for each in ruling.results
                ],
            }
            for ruling in rulings
        ],
        indent=1,
    )
