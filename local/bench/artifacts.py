"""`make bench-artifacts`: how large the functions are, how long they take to build and to start.

Once with the runtime's boto3 and once with their own; the starts are in AWS's emulator on this
machine, so it is their ratio that says something.
"""

import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local import build, repeatable, rie
from local.built import Built, built_functions
from local.emulator import Emulator
from local.functions import FunctionError

STARTS = 5


def main() -> None:
    """Print one row for each function and SDK."""
    rie.emulator()
    functions = built_functions()
    table = Table("function", "boto3", "build s", "size", "cold start ms", "ratio")
    with tempfile.TemporaryDirectory(prefix="rotation-artifacts-") as folder:
        for name, built in functions.items():
            first = 0.0
            for sdk in ("runtime", "bundled"):
                artifact = Path(folder, sdk, name)
                began = time.perf_counter()
                rotator = built.handler.split(".")[1]
                build.build(build.Source(rotator, sdk=sdk), artifact, build.local_target())
                took = time.perf_counter() - began
                size = repeatable.sizes(artifact)  # now: the first start leaves bytecode there
                start = cold_start(name, replace(built, artifact=artifact), Path(folder, "logs"))
                first = first or start
                table.add_row(
                    *(name, sdk, f"{took:.1f}", size),
                    *(f"{start * 1000:.0f}", f"{start / first:.2f}"),
                )
    Console().print(table)


def cold_start(name: str, built: Built, logs: Path) -> float:
    """Seconds from no process to the first answer, the middle one of some."""
    taken = []
    for _ in range(STARTS):
        with Emulator({name: built}, logs=logs) as emulator:
            began = time.perf_counter()
            # Refused at once: what an event leads to is not part of a start.
            with suppress(FunctionError):
                emulator.invoke(name, {})
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
