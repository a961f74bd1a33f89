"""What fault runs found, kept as they run, and the tables of docs/reliability.md made of it.

`record("crashes", "PostgresSingleUser", points=52, recovered=52)` is a row of the table `crashes`,
which the document holds between `<!-- crashes -->` and `<!-- /crashes -->`.
The table `assumed` is no run's: it is what docs/secrets-manager-facts.md assumes.
"""

import fcntl
import json
import re
import sys

from local.bootstrap import ROOT
from local.verify.facts import assumed_rows

FOUND = ROOT / ".cache" / "evidence"
REPORT = ROOT / "docs" / "reliability.md"

Figure = str | int
Rows = dict[str, dict[str, Figure]]


def record(table: str, row: str, /, **figures: Figure) -> None:
    """Keep a row of a table, instead of the one that an earlier run kept."""
    FOUND.mkdir(parents=True, exist_ok=True)
    with (FOUND / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at once may each have a part
        rows = {**found(table), row: figures}
        new = FOUND / f"{table}.new"
        new.write_text(json.dumps(rows, indent=1, ensure_ascii=False))
        new.rename(FOUND / f"{table}.json")


def found(table: str) -> Rows:
    """The rows by what they are about, in the order they were first kept."""
    path = FOUND / f"{table}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def markdown(rows: Rows) -> str:
    """A table with a column for each figure that a row has."""
    columns = list(dict.fromkeys(name for figures in rows.values() for name in figures))
    lines = [
        ["", *(name.replace("_", " ") for name in columns)],
        ["---"] * (len(columns) + 1),
        *(
            [row, *(_shown(figures.get(name, "")) for name in columns)]
            for row, figures in rows.items()
        ),
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def rows_of(table: str) -> Rows:
    """What `markdown` made, read again; figures as they are shown."""
    first, _, *rows = (
        [cell.strip() for cell in line[1:-1].split("|")] for line in table.split("\n")
    )
    columns = [name.replace(" ", "_") for name in first[1:]]
    return {
        row[0]: {name: cell for name, cell in zip(columns, row[1:], strict=True) if cell}
        for row in rows
    }


def written(report: str) -> str:
    """The report with every row that was found since put in place of the old one.

    A run may have tried a part only: rows that it did not find stay as they are.
    """

    def table(match: re.Match[str]) -> str:
        name = match["name"]
        rows = assumed_rows() if name == "assumed" else {**rows_of(match["table"]), **found(name)}
        return f"<!-- {name} -->\n{markdown(rows)}\n<!-- /{name} -->"

    return re.sub(
        r"<!-- (?P<name>[a-z-]+) -->\n(?P<table>.*?)\n<!-- /(?P=name) -->",
        table,
        report,
        flags=re.DOTALL,
    )


def _shown(figure: Figure) -> str:
    return f"{figure:,}" if isinstance(figure, int) else figure


if __name__ == "__main__":
    REPORT.write_text(written(REPORT.read_text()))
    print(f"· wrote {REPORT.relative_to(ROOT)}", file=sys.stderr)
