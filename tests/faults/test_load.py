"""Many secrets of one server due at once, with as many functions at once as Lambda may run."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.functions.home import FunctionError
from local.secrets_manager import RotationOutcome
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from tests.engines import SINGLE
from tests.faults.sandboxes import Sandboxes, sandboxes
from tests.faulty.front import Front, front
from tests.fixtures.evidence import Evidence
from tests.lab import Lab, LabSecret

AT_ONCE = 10  # template.yaml's ReservedConcurrency
THROTTLED = 20  # one call to AWS in so many
DONE_WITHIN = 3_000.0

DatabaseTarget = PostgresTarget | MySQLTarget


@dataclass
class LimitedHome:
    """A home that runs AT_ONCE functions at once; further invocations wait.

    most_connections: the most connections of functions that the server had at once.
    """

    boxes: Sandboxes
    count: Callable[[], int]
    secrets: dict[str, LabSecret] = field(default_factory=dict)
    most_connections: int = 0
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    _slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def invoke(self, _function: str, event: Mapping[str, object], /) -> None:
        arn, step = str(event["SecretId"]), str(event["Step"])
        with self._slots:
            running = self.boxes.start_step(self.secrets[arn].target, event)
            with self._lock:
                self.steps[arn, step] += 1
                self.most_connections = max(self.most_connections, self.count())
            error = running.result().error
        if error:
            raise FunctionError(error["type"], error["text"])


@pytest.fixture
def throttled(running_lab: Lab, tmp_path: Path) -> Iterator[tuple[Front, Sandboxes]]:
    with (
        front(running_lab.service.endpoint) as service,
        sandboxes(
            tmp_path / "functions.log", {"AWS_ENDPOINT_URL_SECRETS_MANAGER": service.url}
        ) as boxes,
    ):
        service.throttle_every = THROTTLED
        yield service, boxes


@pytest.mark.timeout(DONE_WITHIN)
@pytest.mark.parametrize("engine", ["postgres", "mariadb"])
def test_all_at_once(
    engine: str,
    lab: Lab,
    throttled: tuple[Front, Sandboxes],
    request: pytest.FixtureRequest,
    evidence: Evidence,
) -> None:
    service, boxes = throttled
    number = 1000 if request.getfixturevalue("thorough") else 40
    server = request.getfixturevalue(f"{engine}_server")
    kind = SINGLE[engine]
    targets: list[DatabaseTarget] = [kind(server, f"load_{each}") for each in range(number)]
    home = LimitedHome(boxes, lambda: connections(targets[0]))
    lab.gate.home, before = home, lab.gate.home
    lab.service.settings.retries = 2
    try:
        for target in targets:
            secret = lab.secret(target)
            home.secrets[secret.arn] = secret
        outcomes = rotate_all(list(home.secrets.values()), lab)
    finally:
        lab.gate.home = before
    assert Counter(outcome.state for outcome in outcomes) == {"succeeded": number}
    assert len({outcome.secret_arn for outcome in outcomes}) == number
    for secret, outcome in zip(home.secrets.values(), outcomes, strict=True):
        assert set(secret.labels()) == {outcome.version_id, secret.holder("AWSPREVIOUS")}
        assert secret.target.accepts(secret.version(outcome.version_id))
    assert 0 < home.most_connections <= AT_ONCE
    assert service.troubled > number / THROTTLED
    evidence(
        "load",
        targets[0].title,
        secrets=number,
        succeeded=len(outcomes),
        at_once=AT_ONCE,
        most_connections=home.most_connections,
        calls_throttled=service.troubled,
        attempts=sum(outcome.attempts for outcome in outcomes),
    )


def rotate_all(secrets: list[LabSecret], lab: Lab) -> list[RotationOutcome]:
    """Begin all the rotations, and only then wait for them."""
    for secret in secrets:
        secret.start_rotation()
    return [lab.service.wait_for_rotation(secret.arn, timeout=DONE_WITHIN) for secret in secrets]


def connections(target: DatabaseTarget) -> int:
    """How many connections of functions the server has; their users are named `load_...`."""
    if isinstance(target, PostgresTarget):
        with target.admin() as admin:
            query = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(usename, 'load_')"
            (row,) = admin.execute(query).fetchall()
            return int(str(row[0]))
    with target.admin() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user LIKE 'load\\_%'"
        )
        return int(cursor.fetchall()[0][0])
