"""The Lambda function of docs/clients.md, through the rotation of a single user."""

import os
from pathlib import Path

import pytest

from local.servers import Server
from rotators.postgres.testing import PostgresTarget
from shared.protocol.event import Step
from tests.clients.examples import program
from tests.lab import Lab


def test_it_answers_after_every_step(
    lab: Lab, postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = lab.secret(PostgresTarget(postgres_server, "lambda", {}), dbname="postgres")
    monkeypatch.setenv("SECRET", secret.arn)
    assert os.environ["TLS_CA_BUNDLE"]
    handler = program("A Lambda function", tmp_path, {})["handler"]
    user = secret.value()["username"]
    assert handler({}, None) == user
    event = secret.begin()
    for step in Step:
        secret.step(event, step)
        assert handler({}, None) == user
