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
    """Print the table, what was seen instead or is missing, and the closing line."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("fact", justify="right", no_wrap=True)
    table.add_column("there", no_wrap=True)
    table.add_column("checks", justify="right", no_wrap=True)
    table.add_column("what AWS does")
    for ruling in rulings:
        shown = f"[{STYLES[ruling.outcome]}]{ruling.outcome}[/]"
        table.add_row(str(ruling.fact.number), shown, _count(ruling.results), ruling.fact.sentence)
    console.print(table)
    for ruling in rulings:
        _explain(console, ruling)
    console.print(closing(rulings), soft_wrap=True, markup=False)


def _explain(console: Console, ruling: Ruling) -> None:
    """Why it could not be asked; each check of it that failed, with what was seen."""
    number = ruling.fact.number
    if ruling.why:
        console.print(f"fact {number} cannot be asked: {ruling.why}.", markup=False)
    for result in ruling.results:
        if result.outcome in (Outcome.BROKEN, Outcome.UNKNOWN):
            assumed = ", which is assumed," if result.check.assumed else ""
            console.print(
                f"fact {number} {result.outcome}: {result.check.says}{assumed}\n"
                f"  seen: {result.seen}",
                markup=False,
                soft_wrap=True,
            )


def _count(results: Sequence[Result]) -> str:
    """How many held of how many; a star where an assumption is behind some of them."""
    held = sum(each.outcome is Outcome.HOLDS for each in results)
    star = "*" if any(each.check.assumed for each in results) else " "
    return f"{held}/{len(results)}{star}" if results else "– "


def closing(rulings: Sequence[Ruling]) -> str:
    """The facts by how they stand, and how many checks only an assumption is behind."""
    results = [result for ruling in rulings for result in ruling.results]
    assumed = sum(each.check.assumed for each in results)
    counts = ", ".join(
        f"{sum(ruling.outcome is each for ruling in rulings)} {each}" for each in Outcome
    )
    return (
        f"{len(rulings)} facts by {len(results)} checks: {counts}."
        f" {assumed} of the checks (*) ask what is only assumed until somebody asks AWS."
    )


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
