"""How often a step waits for PostgreSQL: each wait is a round trip, which nothing shortens."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.servers import Server
from rotators.postgres import engine
from rotators.postgres.connection import BoundedConnection, log_in
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.credentials import Login
from shared.protocol.event import Step
from tests.lab import Lab, LabSecret


class Traffic:
    """What libpq says of each connection, logins left out: a message to a line."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self.traces: list[Path] = []

    def log_in(self, login: Login, authorities: Path) -> BoundedConnection:
        connection = log_in(login, authorities)
        self.traces.append(self._folder / str(len(self.traces)))
        trace = self._stack.enter_context(self.traces[-1].open("w"))
        connection.pgconn.trace(trace.fileno())
        return connection

    def since(self, known: int) -> tuple[int, int]:
        """The connections after the first so many, and the times that they waited for an answer."""
        messages = "".join(trace.read_text() for trace in self.traces[known:])
        return len(self.traces) - known, messages.count("ReadyForQuery")

    def queries(self) -> list[str]:
        """The text of each simple query, in their order."""
        return re.findall(
            r'\tQuery\t *"(.*)"$', "".join(map(Path.read_text, self.traces)), re.MULTILINE
        )


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Traffic]:
    with ExitStack() as stack:
        traffic = Traffic(tmp_path, stack)
        monkeypatch.setattr(engine, "log_in", traffic.log_in)
        yield traffic


def waits(secret: LabSecret, traffic: Traffic) -> dict[str, tuple[int, int]]:
    """Connections and waits of each step of one more rotation that has any."""
    event, seen = secret.begin(), {}
    for step in Step:
        known = len(traffic.traces)
        secret.step(event, step)
        seen[step.value] = traffic.since(known)
    return {step: counts for step, counts in seen.items() if any(counts)}


def test_a_single_user(lab: Lab, postgres_server: Server, traffic: Traffic) -> None:
    """BEGIN, the lock, the change, COMMIT; and a query in each new login."""
    secret = lab.secret(PostgresTarget(postgres_server, "waits"))
    assert waits(secret, traffic) == {"setSecret": (2, 5), "testSecret": (1, 1)}


def test_a_verifier_is_in_one_message_with_nothing_else_that_may_fail(
    lab: Lab, postgres_server: Server, traffic: Traffic
) -> None:
    """The server's log has the whole message where a part of it fails; and COMMIT is alone."""
    secret = lab.secret(PostgresTarget(postgres_server, "alone"))
    secret.steps(secret.begin())
    sent = traffic.queries()
    (change,) = (number for number, query in enumerate(sent) if "SCRAM-SHA-256$" in query)
    words = r"""SAVEPOINT untried; ALTER ROLE "alone" PASSWORD '[^';]+'"""
    assert re.fullmatch(words, sent[change])
    assert sent[change + 1] == "COMMIT"


def test_alternating_users(lab: Lab, postgres_server: Server, traffic: Traffic) -> None:
    """Who is logged in; BEGIN, the lock, both roles, the change, COMMIT; BEGIN, both roles, COMMIT.

    Of a clone it is asked as whom it acts, too.
    """
    secret = lab.secret(PostgresAlternatingTarget(postgres_server, "waits"))
    for _ in range(2):
        secret.steps(secret.begin())
    assert waits(secret, traffic) == {"setSecret": (2, 6), "testSecret": (1, 4)}
    assert waits(secret, traffic) == {"setSecret": (2, 6), "testSecret": (1, 3)}
