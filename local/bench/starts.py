"""What a start takes, beside the runtime's `import boto3` and a client made by it, which is 1.00.

Processor time of fresh processes, the least of several by turns: so it is the ratio that says
something. A start of ours makes its backend too; one of AWS's makes no more than its client.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping

from local.bench.running import BEFORE, Bench
from local.bench.table import Row
from local.build import artifacts
from local.functions.built import Built

BARE = "boto3 and client"
BARE_CODE = "import boto3; boto3.client('secretsmanager')"
REFERENCE_CODE = "import lambda_function; lambda_function.boto3.client('secretsmanager')"
PART, WHAT = "start", "processor, ms"


def rows(bench: Bench) -> Iterator[Row]:
    """One for each function, and each of AWS's."""
    compile_runtime()
    any_function = next(iter(bench.functions.values()))
    environment = {k: v for k, v in any_function.variables("any").items() if k != "PYTHONPATH"}
    theirs = bench.reference.single() if bench.reference else {}
    cases = {
        BARE: (BARE_CODE, environment),
        **{name: (start_of(each), each.variables(name)) for name, each in bench.functions.items()},
        **{name: (REFERENCE_CODE, each.variables("any")) for name, each in theirs.items()},
        **{
            f"{BEFORE} {name}": (start_of(each), each.variables(name))
            for name, each in bench.before.items()
        },
    }
    least = measure(cases, bench.counts.starts)
    for name in (*bench.functions, *theirs):
        yield Row(PART, name, WHAT, least[name] * 1000, BARE, least[BARE] * 1000)
    for name in bench.before:
        other = least[f"{BEFORE} {name}"]
        yield Row(PART, name, WHAT, least[name] * 1000, BEFORE, other * 1000)


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


def measure(cases: Mapping[str, tuple[str, Mapping[str, str]]], starts: int) -> dict[str, float]:
    """The least processor seconds of each code, by turns: what else runs meets all alike."""
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
