"""`make bench-artifacts`: how large the functions are, how long they take to build and to start.

As they are deployed, with an SDK of their own, and as a host builds them that has no Python to
compile them. The starts are in AWS's emulator on this machine, so it is the ratio of their
processor time that says something.
"""

import argparse
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local import template
from local.bench import processes
from local.build import artifacts, repeatable
from local.build.source import Source
from local.demo.table import table as empty
from local.functions import rie
from local.functions.built import Built, built_functions
from local.functions.emulator import Emulator
from local.secrets_manager import SecretsManager

# Which SDK, and whether there is byte code; first what is deployed unless asked otherwise.
BUILDS = (("runtime", True), ("bundled", True), ("runtime", False))
# Lambda's disk is read-only: a start leaves no bytecode of the artifact to the next one.
READ_ONLY = {"PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True, slots=True)
class ArtifactFigures:
    """One function built in one way: seconds to build it, megabytes, and what a start takes."""

    function: str
    sdk: str
    compiled: bool
    build: float
    unpacked: float
    zipped: float
    start: float


def main() -> None:
    """Print one row for each function and way to build it."""
    known = tuple(template.functions())
    parser = argparse.ArgumentParser(prog="make bench-artifacts", description=__doc__)
    parser.add_argument("functions", nargs="*", help=f"of {', '.join(known)}; all without")
    parser.add_argument("--starts", type=int, default=5, help="the least counts (5)")
    asked = parser.parse_args()
    if unknown := set(asked.functions) - set(known):
        parser.error(f"no such function: {', '.join(sorted(unknown))}")
    if asked.starts < 1:
        parser.error("--starts must be 1 or more")
    rie.emulator()
    declared = built_functions()
    with tempfile.TemporaryDirectory(prefix="rotation-artifacts-") as folder:
        chosen = {name: declared[name] for name in asked.functions or known}
        rows = list(measure(chosen, Path(folder), asked.starts))
    Console().print(table(rows))


def measure(functions: Mapping[str, Built], folder: Path, starts: int) -> Iterator[ArtifactFigures]:
    """Build and start each, in each way."""
    with SecretsManager() as service:
        event = quiet_step(service)

        def start(name: str, built: Built, more: Mapping[str, str]) -> float:
            """The processor's seconds up to the first answer; FunctionError if it is an error."""
            environment = {**service.environment, **more}
            with Emulator({name: built}, logs=folder, environment=environment) as emulator:
                emulator.invoke(name, event)
                return processes.seconds(processes.running(built.handler))

        for name, built in functions.items():
            # The runtime's SDK is to have its bytecode, as what came with Python has.
            start(name, built, {})
            for sdk, compiled in BUILDS:
                rebuilt = replace(built, artifact=folder / f"{sdk}-{compiled}" / name)
                source = Source(built.handler.split(".")[1], sdk=sdk)
                python = str(artifacts.LAMBDA_PYTHON) if compiled else None
                began = time.perf_counter()
                artifacts.build(source, rebuilt.artifact, artifacts.local_target(), python)
                took = time.perf_counter() - began
                taken = [start(name, rebuilt, READ_ONLY) for _ in range(starts)]
                sizes = repeatable.measured(rebuilt.artifact)
                yield ArtifactFigures(name, sdk, compiled, took, *sizes, min(taken))


def quiet_step(service: SecretsManager) -> dict[str, str]:
    """A step that was taken already: one call to Secrets Manager, and none to a target."""
    made = service.client().create_secret(Name=f"bench/{uuid.uuid4()}", SecretString="{}")
    return {
        "Step": "testSecret",
        "SecretId": made["ARN"],
        "ClientRequestToken": made["VersionId"],
    }


def table(rows: list[ArtifactFigures]) -> Table:
    """A line for each; the ratio is to the same function as it is deployed."""
    numbers = ("build s", "MB", "zipped", "start ms", "ratio")
    drawn = empty(("function", "SDK", "compiled"), numbers)
    first = {row.function: row.start for row in reversed(rows)}
    for row in rows:
        drawn.add_row(
            *(row.function, row.sdk, "yes" if row.compiled else "no"),
            *(
                f"{row.build:.1f}",
                f"{row.unpacked:.1f}",
                f"{row.zipped:.1f}",
                f"{row.start * 1000:.0f}",
            ),
            f"{row.start / first[row.function]:.2f}",
        )
    return drawn


if __name__ == "__main__":
    main()
