"""One service for all the tests of a file, asked by boto3 or by HTTP alone."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from local.functions.home import InProcess
from local.secrets_manager import ManualClock, SecretsManager

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_names = itertools.count(1)


@dataclass
class Reply:
    """What HTTP brought back."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]


@dataclass
class Running:
    """A service that answers, its clock, and two ways to ask it."""

    service: SecretsManager
    client: "SecretsManagerClient"
    clock: ManualClock
    http: urllib3.PoolManager

    def ask(self, operation: str, request: object) -> Reply:
        """The operation with this as its JSON, unchecked by any SDK; bytes go as they are."""
        answer = self.http.request(
            "POST",
            self.service.endpoint,
            headers={"X-Amz-Target": f"secretsmanager.{operation}"},
            body=request if isinstance(request, bytes) else json.dumps(request).encode(),
        )
        return Reply(answer.status, answer.headers, answer.json())


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    clock = ManualClock()
    home = InProcess({"Nothing": lambda _event, _context: None})
    with SecretsManager(home, clock=clock) as service, urllib3.PoolManager(retries=False) as http:
        yield Running(service, service.client(), clock, http)


@pytest.fixture
def name() -> str:
    """A name that no other test's secret has."""
    return f"secret-{next(_names)}"
