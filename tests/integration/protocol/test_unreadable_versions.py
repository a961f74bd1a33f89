"""Versions that a person has written, and that no function can read, stand in nobody's way."""

import uuid
from typing import Any

import pytest

from local.servers import Server
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from rotators.mysql.testing import MySQLAlternatingTarget
from rotators.postgres.testing import PostgresTarget
from shared.protocol.event import Step
from tests.lab import Lab, LabSecret

VALUES: dict[str, dict[str, Any]] = {
    "binary": {"SecretBinary": b"\x00\x01"},
    "not JSON": {"SecretString": "a password"},
    "another shape": {"SecretString": '{"user": "app", "pw": "x"}'},
    "a list": {"SecretString": "[1]"},
    "a number that is not kept": {"SecretString": '{"port": 1e400}'},
}


@pytest.fixture(params=["password", "alternating users", "key"])
def secret(
    lab: Lab,
    request: pytest.FixtureRequest,
    postgres_server: Server,
    mariadb_server: Server,
    jupyterhub: Issuer,
) -> LabSecret:
    name = f"unreadable {uuid.uuid4().hex[:8]}"
    if request.param == "password":
        return lab.secret(PostgresTarget(postgres_server, name))
    if request.param == "alternating users":
        return lab.secret(MySQLAlternatingTarget(mariadb_server, name))
    return lab.secret(IssuerTarget(jupyterhub))


def write(secret: LabSecret, value: dict[str, Any], label: str) -> None:
    """Store it as a version with this label, and leave the others where they are."""
    secret.lab.client.put_secret_value(SecretId=secret.arn, VersionStages=[label], **value)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_as_awsprevious_and_under_a_label_of_ones_own(
    secret: LabSecret, value: dict[str, Any]
) -> None:
    assert secret.rotate().state == "succeeded"
    write(secret, value, "AWSPREVIOUS")
    write(secret, value, "pinned")
    for _ in range(2):
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_on_the_way_out_of_a_lockout(
    lab: Lab, postgres_server: Server, value: dict[str, Any]
) -> None:
    secret = lab.secret(PostgresTarget(postgres_server, f"unreadable {uuid.uuid4().hex[:8]}"))
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    secret.abandon(event)
    for label in ("gone", "AWSPREVIOUS"):
        write(secret, value, label)
    version = str(secret.holder("gone"))
    secret.lab.client.update_secret_version_stage(
        SecretId=secret.arn, VersionStage="gone", RemoveFromVersionId=version
    )
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert secret.target.accepts(secret.value())
