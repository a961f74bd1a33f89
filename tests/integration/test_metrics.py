"""What of a rotation is measured that no single step knows."""

import json
import uuid
from collections.abc import Callable

from local.servers import Server
from rotators.postgres.testing import PostgresTarget
from shared.protocol.event import Step
from tests.lab import Lab


def waited(shown: str) -> list[tuple[str, float]]:
    """The step and the days of each metric that has them."""
    metrics = [json.loads(line) for line in shown.splitlines() if '"_aws"' in line]
    return [
        (metric["step"], days) for metric in metrics for days in metric.get("DaysSinceRotation", ())
    ]


def test_each_attempt_tells_how_long_the_secret_has_waited(
    lab: Lab, postgres_server: Server, output: Callable[[], str]
) -> None:
    secret = lab.secret(PostgresTarget(postgres_server, f"waited_{uuid.uuid4().hex[:8]}"))
    assert secret.rotate().state == "succeeded"
    assert waited(output()) == []  # never rotated before
    event = secret.begin()
    secret.steps(event)
    ((step, days),) = waited(output())
    assert step == Step.CREATE
    assert 0 <= days < 1
