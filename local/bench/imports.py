"""`make bench-imports`: the ten modules that take longest as each function starts.

Each without what it imports, as Python's `-X importtime` tells it; the least of several.
"""

import argparse
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from local.bench.starts import compile_runtime, start_of
from local.build import artifacts
from local.functions.built import built_functions

DEAREST = 10
_LINE = re.compile(r"import time: +(\d+) \| +\d+ \| *(\S+)")


def main() -> None:
    """Print them for each function."""
    parser = argparse.ArgumentParser(prog="make bench-imports", description=__doc__)
    parser.add_argument("--tries", type=int, default=5, help="of which the least counts (5)")
    tries = parser.parse_args().tries
    compile_runtime()
    console = Console(highlight=False)
    for name, built in built_functions().items():
        console.print(f"\n[bold]{name}")
        for module, seconds in dearest(built.variables(name), start_of(built), tries):
            console.print(f"{seconds * 1000:7.1f} ms  {module}")


def dearest(environment: Mapping[str, str], code: str, tries: int) -> list[tuple[str, float]]:
    """The modules that take longest, with the least seconds of each."""
    least: dict[str, float] = {}
    for _ in range(tries):
        done = subprocess.run(
            (artifacts.LAMBDA_PYTHON, "-s", "-P", "-B", "-X", "importtime", "-c", code),
            cwd=Path("/"),
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        for microseconds, module in _LINE.findall(done.stderr):
            seconds = int(microseconds) / 1e6
            least[module] = min(seconds, least.get(module, seconds))
    return sorted(least.items(), key=lambda each: each[1], reverse=True)[:DEAREST]


if __name__ == "__main__":
    main()
