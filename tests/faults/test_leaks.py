"""After all the other faults: no value that a rotation made is in any log, file, view or argument.

conftest.py has it run last. Server logs with everything switched on: test_server_logs.py.
"""

import base64
import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from local.build import ROOT
from local.servers import Server
from local.targets import MySQLTarget, PostgresTarget
from tests.faults.cases import CASES, KEYS, Case
from tests.faults.patients import Hospital
from tests.fixtures_evidence import Evidence
from tests.lab import CONFIDENTIAL, Lab

ROTATED = [case for case in CASES if not case.first and "15" not in case.name]
FIELDS = (*CONFIDENTIAL, "secret", "client_secret", "value")
SHORTEST = 12  # a shorter value is in any file by chance


def forms(value: str) -> set[bytes]:
    """The value as it may be written: also within a base64 text, wherever that begins."""
    clear = value.encode()
    shifted = (base64.b64encode(b"\0" * shift + clear) for shift in range(3))
    inner = {text[4:-4] for text in shifted}
    text = json.dumps(value)[1:-1].encode()
    return {clear, text, quote(value, safe="").encode(), clear.hex().encode(), *inner}


def values(lab: Lab) -> set[str]:
    """Of every version of every secret but the first, which tests made and wrote to the target."""
    found: set[str] = set()
    for secret in lab.service._state.secrets():
        kept = [version.value.text for version in secret.store._versions.values() if version.value]
        written = [_confidential(text) for text in kept]
        found |= set().union(*written[1:]) - set().union(*written[:1])
    return {value for value in found if len(value) >= SHORTEST}


def _confidential(text: str) -> set[str]:
    """The fields that hold a value; none of what is no secret's JSON, which only fuzzing stores."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return set()
    fields = document if isinstance(document, dict) else {}
    named = {fields[name] for name in FIELDS if isinstance(fields.get(name), str)}
    return {value for value in named if value.isprintable()}


def search(needles: Iterable[bytes], *places: Path) -> list[str]:
    """The files that have one of them; grep knows how to look for many at once."""
    done = subprocess.run(
        ["/usr/bin/grep", "-rlaF", "-f", "-", "--", *places],
        input=b"\n".join(sorted(needles)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a file that has just gone
        check=False,
    )
    return done.stdout.decode().split("\n")[:-1]


def arguments() -> Iterator[bytes]:
    """Of every process, and its environment: the functions' and the servers' among them."""
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                yield (process / name).read_bytes()
            except OSError:
                continue


@pytest.fixture
def views(postgres_server: Server, mariadb_server: Server, mysql_server: Server) -> bytes:
    """What the servers show of statements."""
    with PostgresTarget(postgres_server, "leaks").admin() as connection:
        rows = [str(connection.execute("SELECT query FROM pg_stat_activity").fetchall())]
    for server in (mariadb_server, mysql_server):
        with MySQLTarget(server, "leaks").admin() as admin, admin.cursor() as cursor:
            for statement in (
                "SELECT info FROM information_schema.processlist",
                "SELECT sql_text FROM performance_schema.events_statements_history",
                "SELECT sql_text FROM performance_schema.events_statements_current",
            ):
                cursor.execute(statement)
                rows.append(str(cursor.fetchall()))
    return "\n".join(rows).encode()


@pytest.mark.parametrize("case", [case for case in ROTATED if case not in KEYS], ids=str)
def test_something_to_find(case: Case, hospital: Hospital) -> None:
    """If this file is run alone; each ends in a failed step as well, which tells most."""
    patient = hospital(case)
    patient.ready()
    patient.secret.store({**patient.secret.value(), "password": "not-the-password-any-more"})
    assert patient.rotate() in ("failed", "succeeded")


@pytest.mark.parametrize("form", range(7))
def test_what_is_planted_is_found(tmp_path: Path, form: int) -> None:
    value = "pl4nted/with?odd\"marks'&more"
    written = sorted({*forms(value), base64.b64encode(b"x" + value.encode() + b"yz")})
    (tmp_path / "log").write_bytes(b"before " + written[form] + b" after")
    assert search(forms(value), tmp_path) == [str(tmp_path / "log")]


def test_no_value_is_anywhere(
    lab: Lab, sandbox_log: Path, views: bytes, evidence: Evidence
) -> None:
    made = values(lab)
    assert len(made) > 30
    needles = {form for value in made for form in forms(value)}
    assert sandbox_log.stat().st_size > 10_000
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "shown").write_bytes(b"\n".join((*arguments(), views)))
        assert search(needles, Path(folder)) == []
    places = [sandbox_log.parent.parent, ROOT / ".cache" / "evidence", ROOT / "docs"]
    assert search(needles, *places) == []
    files = sum(1 for place in places for path in place.rglob("*") if path.is_file())
    evidence("leaks", "all of the run", values=len(made), forms=len(needles), files=files)
