"""`make bench-imports`: what a start of each function spends its time on, module by module.

Processor time of fresh processes, the least of several, beside that of the runtime's
`import boto3` and a client made by it, which stand for 1.00; so it is the ratio that says
something. Then the ten modules that take longest, each without what it imports, as Python's
`-X importtime` tells it.
"""

import argparse
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from local.build import artifacts
from local.demo.table import table as empty
from local.functions.built import Built, built_functions

BARE = "import boto3; boto3.client('secretsmanager')"
NOTHING = "pass"
DEAREST = 10
_LINE = re.compile(r"import time: +(\d+) \| +\d+ \| *(\S+)")


def main() -> None:
    """Print a line for each function, and its dearest modules."""
    parser = argparse.ArgumentParser(prog="make bench-imports", description=__doc__)
    parser.add_argument("--starts", type=int, default=15, help="of which the least counts (15)")
    asked = parser.parse_args()
    functions = built_functions()
    compile_runtime()
    least = measure(functions, asked.starts)
    console = Console(highlight=False)
    drawn = empty(("start",), ("processor ms", "ratio"))
    for name, seconds in least.items():
        drawn.add_row(name, f"{seconds * 1000:.0f}", f"{seconds / least['boto3 and client']:.2f}")
    console.print(drawn)
    for name, built in functions.items():
        console.print(f"\n[bold]{name}")
        for module, seconds in dearest(built.variables(name), start_of(built)):
            console.print(f"{seconds * 1000:7.1f} ms  {module}")


def compile_runtime() -> None:
    """Write the runtime's byte code, as what came with Lambda has its own."""
    packages = artifacts.LAMBDA_PYTHON.parent.parent / "lib"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = (artifacts.LAMBDA_PYTHON, "-m", "compileall", "-q", packages)
    # Some packages have files for another Python, which fail.
    subprocess.run(command, env=environment, check=False, capture_output=True)


def start_of(built: Built) -> str:
    """What Lambda does at a start: it imports the module of the handler."""
    return f"import {built.handler.rpartition('.')[0]}"


def measure(functions: Mapping[str, Built], starts: int) -> dict[str, float]:
    """The least processor seconds of each, all by turns, so that what else runs meets all alike."""
    any_function = next(iter(functions.values()))
    environment = {k: v for k, v in any_function.variables("any").items() if k != "PYTHONPATH"}
    cases = {
        "Python alone": (NOTHING, environment),
        "boto3 and client": (BARE, environment),
        **{name: (start_of(each), each.variables(name)) for name, each in functions.items()},
    }
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(starts):
        for name, (code, variables) in cases.items():
            taken[name].append(processor_seconds(code, variables))
    return {name: min(each) for name, each in taken.items()}


def processor_seconds(code: str, environment: Mapping[str, str]) -> float:
    """Of a fresh process of Lambda's Python that runs the code and ends."""
    command = [str(artifacts.LAMBDA_PYTHON), "-s", "-P", "-B", "-c", code]
    process = os.posix_spawn(command[0], command, environment)
    _, status, used = os.wait4(process, 0)
    if status:
        raise SystemExit(f"a start failed: {code}")
    return used.ru_utime + used.ru_stime


def dearest(environment: Mapping[str, str], code: str, tries: int = 5) -> list[tuple[str, float]]:
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
