"""Secrets with odd values in them, rotated by real handlers on real databases and an issuer."""

import json
import uuid
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.servers import Server
from local.targets import Target
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.aws import store
from shared.protocol.event import Step
from tests.faults.fuzz.mutations import as_text, mutate
from tests.faults.fuzz.oracle import Tally, fuzz, share
from tests.faults.fuzz.samples import DESCRIPTION_SHOWN, LOGIN_SHOWN
from tests.fixtures.evidence import Evidence
from tests.lab import Lab, LabSecret

# With another target or user in the secret, only createSecret is run.
TARGET_FIELDS = ("host", "port", "username", "issuer_url", "engine", "dbname")
SHOWN = LOGIN_SHOWN | DESCRIPTION_SHOWN | {"key_id", "admin_secret_arn", "issuer_url"}


@pytest.fixture
def targets(postgres_server: Server, mariadb_server: Server, demo_issuer: Issuer) -> list[Target]:
    return list(_targets(postgres_server, mariadb_server, demo_issuer))


def _targets(server: Server, other: Server, issuer: Issuer) -> Iterator[Target]:
    yield PostgresTarget(server, f"fuzz_{uuid.uuid4().hex[:8]}")
    yield PostgresAlternatingTarget(server, f"fuzz_{uuid.uuid4().hex[:8]}")
    yield MySQLTarget(other, f"fuzz_{uuid.uuid4().hex[:8]}")
    yield IssuerTarget(issuer)


def store_mutated(rng: Random, lab: Lab, arn: str, good: dict[str, Any]) -> str | None:
    """Store a mutated copy and return its text; None if the service itself refuses it."""
    document = mutate(rng, json.loads(json.dumps(good)), SHOWN)
    text = as_text(rng, document).encode(errors="replace").decode()
    try:
        lab.client.put_secret_value(SecretId=arn, SecretString=text)
    except ClientError as refused:
        assert refused.response["Error"]["Code"] == "ValidationException"  # the text is too long
        return None
    return text


def has_same_target(text: str, good: dict[str, Any]) -> bool:
    """Whether the text still names the same target and user, or cannot be read at all."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return True  # refused before any call
    if not isinstance(document, dict):
        return True
    return all(document.get(field) == good.get(field) for field in TARGET_FIELDS)


def run_or_abandon(secret: LabSecret, steps: tuple[Step, ...]) -> None:
    event = secret.begin()
    try:
        secret.steps(event, *steps)
    finally:
        if secret.holder("AWSCURRENT") != event["ClientRequestToken"]:
            secret.abandon(event)


def try_example(rng: Random, tally: Tally, secret: LabSecret) -> None:
    good = secret.value()
    arn = secret.arn
    admin = next((good[f] for f in ("masterarn", "admin_secret_arn") if f in good), None)
    kept: dict[str, Any] = {}
    if admin is not None and rng.random() < 0.4:
        arn = admin
        kept = json.loads(secret.lab.client.get_secret_value(SecretId=arn)["SecretString"])
    text = store_mutated(rng, secret.lab, arn, kept or good)
    if text is None:
        return
    before = secret.holder("AWSCURRENT")
    steps = tuple(Step) if has_same_target(text, kept or good) else (Step.CREATE,)
    try:
        error = tally.attempt(lambda: run_or_abandon(secret, steps))
        if error is not None:
            assert (error.__cause__, error.__context__) == (None, None)
            assert secret.holder("AWSCURRENT") == before
            assert secret.target.accepts(good), "the target was changed"
        elif len(steps) > 1:
            good = secret.value()
            assert secret.target.accepts(good)
    finally:
        if kept:
            secret.lab.client.put_secret_value(SecretId=arn, SecretString=json.dumps(kept))
        secret.store(good)


def test_some_rotations(
    lab: Lab, targets: list[Target], evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CONSISTENCY_SECONDS", 0)
    secrets = [lab.secret(target) for target in targets]
    examples = share(200)
    tally = fuzz(
        "rotations", examples, lambda rng, tally: try_example(rng, tally, rng.choice(secrets))
    )
    tally.assert_varied(kinds=3, fields=15)
    evidence("fuzzing", "the secret's JSON, rotated", examples=examples, **tally.figures)
