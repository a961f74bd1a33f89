"""What happens to each face when the credential is really wrong: how often it is tried.

Each face has a secret of its own, which it uses some times a second. Its password, or key, is
changed at the target behind everybody's back, and a minute goes by.
"""

import re
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle

from psycopg import sql

from local.bench.clients.crowd import crowd
from local.bench.clients.faces import FACES
from local.bench.clients.issuer import bench_issuer
from local.bench.clients.keys import KeyTarget
from local.bench.clients.running import Bench
from local.bench.clients.strategies import where
from local.bench.clients.tally import Tally
from local.bench.clients.worker import OURS, RIVALLING, Task
from local.servers import mysql, postgres
from local.targets import DatabaseTarget, Target
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget

SECONDS = 60.0
WRONG = "wrong"
NAIVE = "naive, TTL and poll together"
# The rivals' process has a secret as well: what its three threads do to the target is counted.
_WATCHED = {**dict.fromkeys(FACES, OURS), RIVALLING: "naive"}
HEADINGS = ("face", "rejected in a minute", "first error, after", "which")
_LOOK_SECONDS = 0.2
_PAUSE_SECONDS = 1.0  # of each thread, between two calls


@dataclass(slots=True)
class Outcome:
    """refused: logins that the target rejected within SECONDS.

    after: seconds to the first error that reached the application; none where that is empty.
    """

    face: str
    refused: int = 0
    after: float = 0.0
    error: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """As a row."""
        after = f"{self.after:.0f} s" if self.error else "none"
        return self.face, f"{self.refused:,}", after, self.error


@dataclass(frozen=True, slots=True)
class _Case:
    """counted: how many logins as this user, or with a wrong key, were rejected so far."""

    task: Task
    target: Target
    counted: Callable[[], int]


def outcomes(bench: Bench, threads: int) -> list[Outcome]:
    """All faces at once, each in a process of its own, and a naive client."""
    with ExitStack() as stack:
        cases = list(_cases(bench, stack, threads))
        clients = stack.enter_context(crowd([case.task for case in cases]))
        clients.wait("start")
        clients.enter(WRONG)
        before = [case.counted() for case in cases]
        for case in cases:
            change(case.target)
        found = [Outcome(_title(case.task)) for case in cases]
        began = time.monotonic()
        while (now := time.monotonic() - began) < SECONDS:
            tallies = clients.tallies()
            for outcome, case in zip(found, cases, strict=True):
                _note(outcome, tallies[case.task.face].get((WRONG, _WATCHED[case.task.face])), now)
            time.sleep(_LOOK_SECONDS)
        for outcome, case, earlier in zip(found, cases, before, strict=True):
            outcome.refused = case.counted() - earlier
        return found


def change(target: Target) -> None:
    """At the target alone, to what nobody knows."""
    if isinstance(target, KeyTarget):
        target.change()
    elif isinstance(target, PostgresTarget):
        with target.admin() as connection:
            user = str(target.document["username"])
            verifier = connection.pgconn.encrypt_password(
                secrets.token_urlsafe(24).encode(), user.encode(), b"scram-sha-256"
            ).decode()
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(user), sql.Literal(verifier)
                )
            )
    elif isinstance(target, MySQLTarget):
        with target.admin() as admin, admin.cursor() as cursor:
            values = target.document["username"], secrets.token_urlsafe(24)
            cursor.execute("ALTER USER %s@'%%' IDENTIFIED BY %s", values)


def _cases(bench: Bench, stack: ExitStack, threads: int) -> Iterator[_Case]:
    client = bench.service.client()
    ways = cycle(("issue", "replace", "set"))  # keys of one issuer that are apart
    for number, face in enumerate(_WATCHED):
        engine = FACES[face].engines[0] if face in FACES else "postgres"
        target, counted = _target(bench, stack, engine, f"wrong{number}", next(ways))
        arn = target.seed(client, f"wrong/{uuid.uuid4()}")
        at = where(target, arn, bench.front.environment)
        yield _Case(Task(at, face, threads, _PAUSE_SECONDS), target, counted)


def _target(
    bench: Bench, stack: ExitStack, engine: str, user: str, way: str
) -> tuple[Target, Callable[[], int]]:
    if engine == "http":
        key = KeyTarget(bench.place.running(bench_issuer), way)
        return key, key.refused
    made: DatabaseTarget
    if engine == "postgres":
        made = PostgresTarget(bench.place.running(postgres), user)
    else:
        made = MySQLTarget(bench.place.running(mysql), user)
    heard = stack.enter_context(made.overhearing())
    words = re.compile(rf"(?:authentication failed|Access denied) for user ['\"]{user}['\"]")
    return made, lambda: len(words.findall(heard()))


def _note(outcome: Outcome, tally: Tally | None, now: float) -> None:
    """The first error, and its kind."""
    if not outcome.error and tally is not None and tally.kinds:
        outcome.after, outcome.error = now, next(iter(tally.kinds)).partition(" ")[0]


def _title(task: Task) -> str:
    return NAIVE if task.face == RIVALLING else task.face


def passed(outcome: Outcome, most: int) -> bool:
    """Whether the face has kept to that many rejected logins."""
    return outcome.face == NAIVE or outcome.refused <= most


def shown(found: list[Outcome]) -> list[tuple[str, ...]]:
    """As rows."""
    return [each.cells for each in found]
