"""How often a step waits for PostgreSQL: each wait is a round trip, which nothing shortens."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.servers import Server
from rotators.postgres.connection import BoundedConnection
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.protocol.event import Step
from tests.lab import Lab

# Logins left out. Of a change BEGIN, its preparation, its lock, and COMMIT are one each.
WAITS = {
    PostgresTarget: {Step.CREATE: 0, Step.SET: 10, Step.TEST: 2, Step.FINISH: 0},
    PostgresAlternatingTarget: {Step.CREATE: 0, Step.SET: 21, Step.TEST: 15, Step.FINISH: 0},
}


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch, waits: list[int]) -> Iterator[None]:
    wait = BoundedConnection.wait

    def counted(self: BoundedConnection, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - the driver's own
        waits.append(1)
        return wait(self, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(BoundedConnection, "wait", counted)
        yield


@pytest.mark.parametrize("kind", WAITS)
def test_a_warm_rotation_waits_for_the_server_so_often(
    lab: Lab,
    postgres_server: Server,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[PostgresTarget | PostgresAlternatingTarget],
) -> None:
    secret = lab.secret(kind(postgres_server, f"waits_{kind.__name__.lower()}"))
    secret.steps(secret.begin())
    secret.steps(secret.begin())
    event, seen = secret.begin(), Counter[Step]()
    for step in Step:
        waits: list[int] = []
        with counting(monkeypatch, waits):
            secret.step(event, step)
        seen[step] = len(waits)
    assert dict(seen) == WAITS[kind]
