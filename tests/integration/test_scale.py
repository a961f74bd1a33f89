"""A rotation costs the same with many versions on its secret, and with many secrets beside it."""

import uuid
from collections import Counter

import pytest

from local.secrets_manager import Call
from local.servers import Server
from rotators.postgres.testing import PostgresTarget
from tests.lab import Lab, LabSecret


def calls(secret: LabSecret) -> Counter[str]:
    """Of one rotation, by operation."""
    seen: Counter[str] = Counter()

    def count(what: object) -> None:
        if isinstance(what, Call):
            seen[what.operation] += 1

    unsubscribe = secret.lab.service.subscribe(count)
    try:
        assert secret.rotate().state == "succeeded"
    finally:
        unsubscribe()
    return seen


@pytest.fixture
def secret(lab: Lab, postgres_server: Server) -> LabSecret:
    return lab.secret(PostgresTarget(postgres_server, f"scale_{uuid.uuid4().hex[:8]}"))


def test_versions_without_a_label_cost_nothing(secret: LabSecret) -> None:
    secret.rotate()
    alone = calls(secret)
    assert 0 < alone.total() <= 9
    for versions in (10, 90):  # 100 is the most that the service keeps
        for _ in range(versions):
            secret.store(secret.value())
        assert calls(secret) == alone


def test_secrets_beside_it_cost_nothing(lab: Lab, secret: LabSecret) -> None:
    secret.rotate()
    alone = calls(secret)
    for number in range(1000):
        lab.client.create_secret(Name=f"beside/{uuid.uuid4()}-{number}", SecretString="{}")
    assert calls(secret) == alone
