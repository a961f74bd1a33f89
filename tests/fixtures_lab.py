"""One local Secrets Manager for the whole run; its settings are as new for each test."""

import io
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from unittest import mock

import pytest

from local.certificates import Authority
from local.secrets_manager import SecretsManager, Settings
from local.servers.server import trusted
from shared import store
from shared.handler import LOGGER
from tests.lab import Functions, Gate, Lab


@pytest.fixture(scope="session")
def running_lab(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    bundle = trusted(authority, tmp_path_factory.mktemp("lab"))
    functions = Functions()
    gate = Gate(functions)
    with SecretsManager(gate) as service:
        environment = {
            **service.environment,
            "TLS_CA_BUNDLE": str(bundle),
            "ALLOW_PRIVATE_ISSUERS": "true",  # they are all on this machine
        }
        with mock.patch.dict(os.environ, environment):
            yield Lab(service, gate, functions, service.client())


@pytest.fixture
def lab(running_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    # Long enough for every stale read a test asks for; a refusal need not take five seconds.
    monkeypatch.setattr(store, "CONSISTENCY_SECONDS", 1.5)
    fresh = asdict(Settings(retries=0, retry_delay=0.01))
    for name, value in fresh.items():
        setattr(running_lab.service.settings, name, value)
    running_lab.gate.open = True
    return running_lab


@pytest.fixture
def output(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """All that the functions wrote since the last call: log lines, metrics, anything else."""
    lines = io.StringIO()
    handler = LOGGER.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(lines)
    yield lambda: lines.getvalue() + "".join(capfd.readouterr())
    handler.setStream(before)
