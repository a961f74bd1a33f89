"""The whole system for as long as one program runs, with files that nobody keeps."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from local.functions.home import Home
from local.processes import ending
from local.system import HomeKind, System, system

SILENT = Console(quiet=True)


@contextmanager
def running_system(
    names: Iterable[str],
    console: Console = SILENT,
    *,
    home: HomeKind = HomeKind.EMULATOR,
    around: Callable[[Home], Home] = lambda home: home,
) -> Iterator[System]:
    """Run it while the block runs, and end it in order; the console is told what is being done."""
    ending.in_order()

    def say(what: str) -> None:
        console.print(f"· {what}", style="dim")

    with (
        tempfile.TemporaryDirectory(prefix="rotation-") as folder,
        system(names, folder=Path(folder), home=home, around=around, say=say) as running,
    ):
        yield running
