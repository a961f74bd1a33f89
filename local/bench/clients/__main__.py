"""`make bench-clients`: what applications see while their secrets rotate, by each face."""

import datetime as dt
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from local.bench.clients import report, soak, wrong
from local.bench.clients.running import Bench, Figures, Wanted, measure, opened
from local.bench.clients.situations import SITUATIONS
from local.bench.clients.strategies import STRATEGIES
from local.bootstrap import ROOT
from local.choices import choose
from local.processes import ending

PAGE = ROOT / "docs" / "clients.md"
UNITS = "Errors that reached the application, of calls; and the longest call that ended well."
# A credential that is simply wrong is tried no more often than this in its first minute; logins
# that were on their way when it became so come on top.
MOST_REJECTED = 4
WIDTH = 150  # columns, where the output is no terminal


def main(  # noqa: PLR0913, PLR0917 - each is one option
    only: Annotated[
        list[str] | None, typer.Option(help=f"Just this; repeatable: {', '.join(STRATEGIES)}.")
    ] = None,
    situation: Annotated[
        list[str] | None, typer.Option(help=f"Just this; repeatable: {', '.join(SITUATIONS)}.")
    ] = None,
    rotations: Annotated[int, typer.Option(min=1, help="Rotations of each strategy.")] = 50,
    faults: Annotated[int, typer.Option(min=1, help="Rotations of each other situation.")] = 3,
    pause_ms: Annotated[int, typer.Option(min=0, help="Between two steps of a rotation.")] = 300,
    threads: Annotated[
        int, typer.Option(min=1, help="Of ours, shared by the faces of a strategy.")
    ] = 8,
    soak_minutes: Annotated[
        float, typer.Option("--soak", help="Rotate for so long instead: nothing may grow.")
    ] = 0,
    *,
    with_wrong: Annotated[
        bool, typer.Option("--wrong/--no-wrong", help="The minute with a wrong credential.")
    ] = True,
    write: Annotated[bool, typer.Option(help="To docs/clients.md too.")] = False,
) -> None:
    """Use each face as fast as it goes while its secret rotates; count the calls that fail.

    Beside them are a naive client, a TTL cache and one that polls AWSCURRENT, of one thread each.
    """
    ending.in_order()
    console = Console(highlight=False, file=sys.stdout)
    console.width = console.width if console.is_terminal else WIDTH
    wanted = Wanted(
        rotations=rotations,
        faults=faults,
        pause=pause_ms / 1000,
        threads=threads,
        situations=choose(situation, SITUATIONS, usual=list(SITUATIONS)),
    )
    say = partial(console.print, "·", style="dim")
    with opened(say) as bench:
        if soak_minutes:
            names = choose(only, STRATEGIES, usual=soak.STRATEGIES)
            problems = _soak(bench, names, wanted, soak_minutes, console)
        else:
            names = choose(only, STRATEGIES, usual=list(STRATEGIES))
            problems = _measure(bench, names, wanted, console, write=write)
            if with_wrong:
                problems += _wrong(bench, threads, console, write=write)
    for problem in problems:
        console.print(problem, style="red")
    if problems:
        raise typer.Exit(1)


def _measure(
    bench: Bench, names: Sequence[str], wanted: Wanted, console: Console, *, write: bool
) -> list[str]:
    """The tables; each error that reached the application."""
    measured: list[Figures] = []
    for figures in measure(bench, names, wanted, _say(console)):
        measured.append(figures)
        for problem in report.errors(figures):
            console.print(problem, style="red")
    tables = (
        (report.BY_FACE, report.by_face(measured)),
        (report.BY_SITUATION, report.by_situation(measured)),
    )
    for headings, rows in tables:
        console.print()
        console.print(report.drawn(headings, rows))
    console.print(UNITS, style="dim")
    if write:
        text = "\n\n".join([_run(), *(report.markdown(*each) for each in tables)])
        PAGE.write_text(report.written(PAGE.read_text(), "bench", text))
    return [problem for each in measured for problem in report.errors(each)]


def _wrong(bench: Bench, threads: int, console: Console, *, write: bool) -> list[str]:
    """The table of a minute with a wrong credential; each face that tried it too often."""
    _say(console)("a credential that is wrong, for a minute")
    found = wrong.outcomes(bench, threads)
    rows = wrong.shown(found)
    console.print()
    console.print(report.drawn(wrong.HEADINGS, rows))
    if write:
        text = f"{_run()}\n\n{report.markdown(wrong.HEADINGS, rows)}"
        PAGE.write_text(report.written(PAGE.read_text(), "wrong", text))
    return [
        f"{each.face}: a wrong credential was tried {each.refused} times in a minute"
        for each in found
        if not wrong.passed(each, MOST_REJECTED + threads)
    ]


def _soak(
    bench: Bench, names: Sequence[str], wanted: Wanted, minutes: float, console: Console
) -> list[str]:
    """The table of what was held; what grew."""
    held = soak.soak(bench, names, wanted, minutes, _say(console))
    console.print()
    console.print(report.drawn(soak.HEADINGS, [row for each in held for row in each.rows()]))
    return [problem for each in held for problem in each.grown()]


def _say(console: Console) -> Callable[[str], None]:
    return partial(console.print, "·", style="dim")


def _run() -> str:
    """Of when, where and by which command it is."""
    given = " ".join(sys.argv[1:])
    command = "make bench-clients" + (f" ARGS='{given}'" if given else "")
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {os.cpu_count()} cores: `{command}`."


if __name__ == "__main__":
    typer.run(main)
