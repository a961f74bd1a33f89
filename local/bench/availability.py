"""`make bench-availability`: how long clients are refused while their secret rotates."""

import contextlib
import os
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from local import template
from local.bench.cases import CASES, ComparedStrategy
from local.bench.client import Client, gaps
from local.choices import choose
from local.demo.table import table as empty
from local.functions.home import InProcess
from local.processes import ending
from local.secrets_manager import SecretsManager
from local.servers.certificates import Authority
from local.servers.server import write_bundle
from local.targets import Place, Target
from shared.handler import LOGGER

WAIT_SECONDS = 60.0
UNITS = "Gaps in ms: the longest, the mean of a rotation, and that of AWS's functions."


@dataclass(frozen=True, slots=True)
class StrategyFigures:
    """One case: the logins while it rotated, and the seconds of each gap in them."""

    title: str
    case: ComparedStrategy
    rotations: int
    logins: int
    failed: int
    gaps: list[float]

    @property
    def broken(self) -> bool:
        """Whether a login failed that was not to."""
        return self.case.seamless and self.failed > 0


def main(
    only: Annotated[
        list[str] | None, typer.Option(help=f"Just this; repeatable: {', '.join(CASES)}.")
    ] = None,
    rotations: Annotated[int, typer.Option(min=1, help="Rotations of each.")] = 50,
    pause_ms: Annotated[int, typer.Option(min=0, help="Between two steps of a rotation.")] = 300,
) -> None:
    """Log in with AWSCURRENT as fast as it goes while it rotates; count the logins that fail.

    The functions run in this process, so that the order of logins and label moves is measured and
    not how fast an emulator is.
    """
    ending.in_order()
    # What the functions print goes elsewhere while they run.
    console = Console(highlight=False, file=sys.stdout)
    names = choose(only, CASES, usual=list(CASES))
    with tempfile.TemporaryDirectory(prefix="rotation-bench-") as folder:
        say = partial(console.print, "·", style="dim")
        measured = run(names, Path(folder), rotations, pause_ms, say)
    console.print()
    console.print(table(measured))
    console.print(UNITS, style="dim")
    if any(each.broken for each in measured):
        raise typer.Exit(1)


def run(
    names: Sequence[str], folder: Path, rotations: int, pause_ms: int, say: Callable[[str], None]
) -> list[StrategyFigures]:
    """Measure one case after the other."""
    authority = Authority(folder / "ca")
    with (
        contextlib.ExitStack() as stack,
        silenced(folder / "functions.log"),
        SecretsManager(retries=0) as service,
    ):
        service.settings.step_pause = pause_ms / 1000
        # In this process the functions' environment is this process's own.
        os.environ.update(service.environment, TLS_CA_BUNDLE=str(write_bundle(authority, folder)))
        place = Place(folder, authority, stack, say)
        measured = []
        for name in names:
            target = CASES[name].target(place)
            say(f"rotating {name} {rotations} times")
            measured.append(_measure(CASES[name], target, service, rotations))
        return measured


def _measure(
    case: ComparedStrategy, target: Target, service: SecretsManager, rotations: int
) -> StrategyFigures:
    handler = template.handler(target.function, target.settings)
    service.home = InProcess({target.function: handler}, timeout=WAIT_SECONDS)
    arn = target.seed(service.client(), f"bench/{uuid.uuid4()}")
    with Client(service.client(), arn, target) as client:
        client.wait()
        for _ in range(rotations):
            outcome = service.rotate(arn, target.function, WAIT_SECONDS)
            if outcome.state != "succeeded":
                raise SystemExit(
                    f"a rotation by {target.function} has {outcome.state}: {outcome.error}"
                )
            client.wait()
    logins = client.logins
    failed = sum(not login.accepted for login in logins)
    return StrategyFigures(target.title, case, rotations, len(logins), failed, gaps(logins))


def table(measured: list[StrategyFigures]) -> Table:
    """A line for each case; times in milliseconds, those of AWS's functions beside them."""
    numbers = ("rotations", "logins", "failed", "longest", "mean", "AWS's")
    drawn = empty(("target", "strategy"), numbers)
    for each in measured:
        drawn.add_row(
            each.title,
            each.case.strategy,
            str(each.rotations),
            str(each.logins),
            f"[red]{each.failed}[/]" if each.broken else str(each.failed),
            f"{max(each.gaps, default=0) * 1000:.0f}",
            f"{sum(each.gaps) / each.rotations * 1000:.0f}",
            str(each.case.reference),
        )
    return drawn


@contextlib.contextmanager
def silenced(log: Path) -> Iterator[None]:
    """The functions' log lines and metrics go to the file, not between the lines of the bench."""
    handler = LOGGER.registered_handler
    with log.open("w") as file, contextlib.redirect_stdout(file):
        before = handler.setStream(file)  # type: ignore[attr-defined]  # a StreamHandler
        try:
            yield
        finally:
            handler.setStream(before)  # type: ignore[attr-defined]


if __name__ == "__main__":
    typer.run(main)
