"""The complete programs of docs/clients.md, each run through a rotation."""

import os
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Self

import pytest

from local.bootstrap import ROOT
from local.servers import Server
from local.targets import Target
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.protocol.event import Step
from tests.clients.databases.suite import User
from tests.lab import Lab

NAME = "prod/orders"
PROGRAMS: dict[str, tuple[str, type[User]]] = {
    "psycopg": ("postgres_server", PostgresTarget),
    "SQLAlchemy": ("postgres_server", PostgresAlternatingTarget),
    "PyMySQL": ("mysql_server", MySQLTarget),
}


def program(heading: str) -> str:
    """The first block of Python below the heading."""
    page = (ROOT / "docs/clients.md").read_text()
    found = re.search(rf"^## {heading}\n\n```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


class Running:
    """A program that answers each line of its input with a line."""

    def __init__(self, code: str, folder: Path, environment: dict[str, str]) -> None:
        (folder / "program.py").write_text(code)
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "program.py"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, line: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def end(self) -> int:
        self._process.communicate()
        return self._process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.kill()


@pytest.mark.parametrize("heading", PROGRAMS)
def test_a_program_of_the_page_works_on_through_rotations(
    heading: str, lab: Lab, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    fixture, kind = PROGRAMS[heading]
    server: Server = request.getfixturevalue(fixture)
    secret = lab.secret(kind(server, f"page {uuid.uuid4().hex[:8]}"))
    code = program(heading).replace(NAME, secret.arn)
    assert secret.arn in code
    shutil.copy(server.ca, tmp_path / "rds.pem")
    with Running(code, tmp_path, environment(lab)) as running:
        answers = [running.ask("first")]
        event = secret.begin()
        secret.steps(event, Step.CREATE, Step.SET)
        cut_off(secret.target)
        answers.append(running.ask("in the middle"))
        secret.steps(event, Step.TEST, Step.FINISH)
        answers.append(running.ask("after it"))
        for _ in range(2):
            assert secret.rotate().state == "succeeded"
        cut_off(secret.target)
        answers.append(running.ask("after three"))
        assert running.end() == 0
    lines = ["first", "in the middle", "after it", "after three"]
    users = [re.sub(r"@%$", "", answer.partition(" by ")[2]) for answer in answers]
    assert [answer.partition(" by ")[0] for answer in answers] == lines
    assert isinstance(secret.target, User)
    name = secret.target.document["username"]
    assert users[:3] == [name] * 3
    assert users[3] == (f"{name}_clone" if kind.takes_turns else name)


def cut_off(target: Target) -> None:
    """End its users' sessions, so that pools have to log in anew."""
    if not isinstance(target, PostgresTarget):
        return
    users = [target.document["username"], f"{target.document['username']}_clone"]
    ending = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = ANY(%s)"
    with target.admin() as admin:
        assert admin.execute(ending, [users]).fetchall()


def environment(lab: Lab) -> dict[str, str]:
    """The local service's, and what libpq needs where the authority is of Ed25519."""
    return {
        **{name: each for name, each in os.environ.items() if not name.startswith(("AWS", "PG"))},
        **lab.service.environment,
        "PGCHANNELBINDING": "disable",
        "PYTHONPATH": str(ROOT / "clients"),
    }
