"""`make bench`: starts, steps, memory, cost, logins, rotations and scale, in one table.

What is measured is what is deployed: the built functions, with Lambda's Python. `REFERENCE=` a
checkout of aws-samples/aws-secrets-manager-rotation-lambdas has AWS's functions in the same run.
"""

import argparse
import datetime as dt
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from local.bench import connections, memory, rotations, scale, starts
from local.bench.quota import NoQuotaError
from local.bench.running import Bench, Counts, opened
from local.bench.table import Row, drawn, markdown
from local.bootstrap import ROOT, say
from local.functions.built import built_functions

PARTS: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "starts": starts.rows,
    "memory": memory.rows,
    "logins": connections.rows,
    "rotations": rotations.rows,
    "scale": scale.rows,
}
REPORT = ROOT / "docs" / "performance.md"
WIDTH = 130  # columns, where the output is no terminal


def main() -> None:
    """Print the table; with --write put it into docs/performance.md too."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--reference", type=Path, help="a checkout of AWS's functions")
    parser.add_argument("--before", type=Path, help="a folder of earlier artifacts, by function")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; repeatable")
    parser.add_argument("--write", action="store_true", help=f"to {REPORT.relative_to(ROOT)} too")
    for name, value in Counts()._asdict().items():
        several = "+" if isinstance(value, tuple) else None
        parser.add_argument(f"--{name}", type=int, nargs=several, default=value, help=f"{value}")
    asked = parser.parse_args()
    counts = Counts(**{name: getattr(asked, name) for name in Counts._fields})
    before = {
        name: replace(each, artifact=asked.before / name)
        for name, each in (built_functions() if asked.before else {}).items()
    }
    rows: list[Row] = []
    with opened(counts, before, asked.reference, say) as bench:
        for name in asked.only or PARTS:
            say(f"measuring {name}")
            try:
                rows += PARTS[name](bench)
            except NoQuotaError as error:
                say(f"{name} cannot be measured as in Lambda: {error}")
    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else WIDTH
    console.print(drawn(rows))
    if asked.write:
        REPORT.write_text(written(REPORT.read_text(), rows))


def written(report: str, rows: list[Row]) -> str:
    """The document with this run's table, machine, date and command in place of the last one's."""
    machine = f"{os.cpu_count()} cores of {_processor()}, Python {platform.python_version()}"
    command = f"make bench{_given()}"
    run = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {machine}: `{command}`.\n\n{markdown(rows)}"
    block = f"<!-- bench -->\n{run}\n<!-- /bench -->"
    return re.sub(r"<!-- bench -->\n.*?<!-- /bench -->", lambda _: block, report, flags=re.DOTALL)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*: (.+)", cpuinfo, re.MULTILINE)
    return found[1] if found else platform.machine()


def _given() -> str:
    """The options, as `make` takes them; whoever reads it has its folders elsewhere."""
    given = re.sub(r"(--before)[ =]\S+", r"\1 path", " ".join(sys.argv[1:]))
    with_reference = " REFERENCE=path" if "--reference" in given else ""
    rest = re.sub(r"--reference[ =]\S+ ?", "", given).strip()
    return with_reference + (f" ARGS='{rest}'" if rest else "")


if __name__ == "__main__":
    main()
