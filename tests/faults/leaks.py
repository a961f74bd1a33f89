"""When a process of the run ends, a search for every value that its rotations made.

Server logs with everything switched on: tests/integration/strategies/test_server_logs.py.
"""

import base64
import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from local.build.artifacts import ROOT
from local.servers import Server
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from tests.lab import CONFIDENTIAL, Lab

FIELDS = (*CONFIDENTIAL, "secret", "client_secret", "value")
SHORTEST = 12  # characters; a shorter value occurs in files by chance


def forms(value: str) -> set[bytes]:
    """The value as it may be written: also within a base64 text, wherever that begins."""
    clear = value.encode()
    shifted = (base64.b64encode(b"\0" * shift + clear) for shift in range(3))
    inner = {text[4:-4] for text in shifted}
    text = json.dumps(value)[1:-1].encode()
    quoted = {quote(value, safe=kept).encode() for kept in ("", "/")}
    hexadecimal = clear.hex().encode()
    return {clear, text, *quoted, hexadecimal, hexadecimal.upper(), *inner}


def values(lab: Lab) -> set[str]:
    """The values of each secret's versions, except of the first, which the test itself made."""
    found: set[str] = set()
    for secret in lab.service._regions[lab.service.region].state.secrets():
        kept = [
            version.value.text for version in secret.versions._versions.values() if version.value
        ]
        written = [_written(text) for text in kept]
        found |= set().union(*written[1:]) - set().union(*written[:1])
    return {value for value in found if len(value) >= SHORTEST}


def _written(text: str) -> set[str]:
    """The confidential values in a secret; none in text that is no JSON, which fuzzing stores."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return set()
    return {value for value in confidential(document) if value.isprintable()}


def confidential(held: object) -> Iterator[str]:
    """The confidential values in a secret's object, and in its pairs and keyrings, line by line.

    However deep it is: fuzzing stores lists in lists.
    """
    left: list[tuple[object, str, bool]] = [(held, "", False)]
    while left:
        value, name, in_ring = left.pop()
        within = in_ring or name in FIELDS
        if isinstance(value, list):
            left += [(each, "", within) for each in value]
        elif isinstance(value, dict):
            left += [(each, inner, within) for inner, each in value.items()]
        elif isinstance(value, str) and (name in FIELDS or (in_ring and name == "key")):
            yield from (line for line in value.splitlines() if not line.startswith("-----"))


def search(needles: Iterable[bytes], *places: Path) -> list[str]:
    """The files that contain one of them; grep searches for many at once."""
    done = subprocess.run(
        ["/usr/bin/grep", "-rlaF", "-f", "-", "--", *places],
        input=b"\n".join(sorted(needles)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a file may have been removed meanwhile
        check=False,
    )
    return done.stdout.decode().split("\n")[:-1]


def process_texts() -> Iterator[bytes]:
    """Arguments and environment of every process, the functions' and the servers' included."""
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                yield (process / name).read_bytes()
            except OSError:
                continue


def server_views(postgres_server: Server, *others: Server) -> bytes:
    """The statements that the servers show in their views."""
    with PostgresTarget(postgres_server, "leaks").admin() as connection:
        rows = [str(connection.execute("SELECT query FROM pg_stat_activity").fetchall())]
    for server in others:
        with MySQLTarget(server, "leaks").admin() as admin, admin.cursor() as cursor:
            for statement in (
                "SELECT info FROM information_schema.processlist",
                "SELECT sql_text FROM performance_schema.events_statements_history",
                "SELECT sql_text FROM performance_schema.events_statements_current",
            ):
                cursor.execute(statement)
                rows.append(str(cursor.fetchall()))
    return "\n".join(rows).encode()


@dataclass(frozen=True)
class SearchResult:
    """How many values and forms were searched for in how many files; `found` are file names."""

    values: int
    forms: int
    files: int
    found: list[str]


def search_for_leaks(lab: Lab, folder: Path, shown: bytes) -> SearchResult:
    """Search everything that can be seen for the values of the lab's secrets.

    folder: the run's files; shown: what the servers show.
    """
    made = values(lab)
    needles = {form for value in made for form in forms(value)}
    with tempfile.TemporaryDirectory() as aside:
        (Path(aside) / "shown").write_bytes(b"\n".join((*process_texts(), shown)))
        places = [Path(aside), folder, ROOT / ".cache" / "evidence", ROOT / "docs"]
        found = search(needles, *places) if needles else []
    files = sum(1 for place in places[1:] for path in place.rglob("*") if path.is_file())
    return SearchResult(len(made), len(needles), files, found)
