"""What a command does that is for many secrets: ask, run with a bar, and tell each result."""

from collections import Counter
from collections.abc import Callable, Sequence

import typer
from rich.progress import Progress as Bar

from rotctl.aws.secrets import Secret
from rotctl.output import reports
from rotctl.output.screen import aside, say, tell
from rotctl.state.fleet import Fleet, Report, Result


def ask(words: str, *, yes: bool) -> None:
    """End the command unless a person says yes, or has; the question is no output."""
    if yes:
        tell(words)
    elif not typer.confirm(f"{words}. Begin?", err=True):
        raise typer.Exit(1)


def run(
    fleet: Fleet,
    found: Sequence[Secret],
    work: Callable[[Secret], Report],
    *,
    doing: str,
    go_on: str,
) -> list[Report]:
    """Each secret's report, also of an interrupted run; go_on: what to say then."""
    with Bar(console=aside()) as bar:
        task = bar.add_task(doing, total=len(found))
        done = fleet.run(found, work, lambda _report: bar.advance(task))
    if fleet.stop.is_set():
        tell(f"interrupted: what was begun goes on at AWS; {go_on}")
    return done


def finish(done: Sequence[Report], *, as_json: bool) -> None:
    """The reports for a program, and the exit code."""
    if as_json:
        typer.echo(reports.document(done))
    if not all(each.result.is_good for each in done):
        raise typer.Exit(1)


def tell_reports(done: Sequence[Report]) -> None:
    """A line for each, by name, and how many of each kind."""
    counted = Counter(report.result for report in done)
    for report in sorted(done, key=lambda each: each.secret.name):
        why = f": {report.why}" if report.why else ""
        say(f"{report.secret.name}: {report.result.words}{why}")
    say(", ".join(f"{counted[each]} {each.words}" for each in Result if counted[each]) or "none")
