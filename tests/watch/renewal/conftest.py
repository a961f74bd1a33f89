"""A secret that was rotated ten minutes ago, an account with its readers, and the function."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import boto3
import pytest
from moto import mock_aws
from moto.ecs.models import EC2ContainerServiceBackend
from moto.sns.models import sns_backends
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from local.secrets_manager import ManualClock, SecretsManager
from tests.deploy.stack.deployed import REGION
from tests.rotctl.conftest import AWAY
from tests.watch.renewal.account import Account
from tests.watch.renewal.revisions import revisions
from tests.watch.renewal.rotated import Rotated
from watch import renewal

INTERPRETED: Any = {"stepfunctions": {"execute_state_machine": True}}


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Secrets Manager's, ten minutes behind: what is deployed now is so after the rotation."""
    return ManualClock((datetime.now(UTC) - timedelta(minutes=10)).timestamp())


@pytest.fixture(scope="module")
def secrets(clock: ManualClock) -> Iterator[SecretsManager]:
    """With the function, which its Lambda invokes."""
    with SecretsManager(clock=clock) as service, mock.patch.dict(os.environ, service.environment):
        for name in AWAY:
            os.environ.pop(name, None)
        os.environ["AWS_ENDPOINT_URL_CLOUDTRAIL"] = service.endpoint
        os.environ["AWS_MAX_ATTEMPTS"] = "1"
        service.add_function("ReaderRenewer", renewal.handler)
        yield service


@pytest.fixture(scope="module")
def mocked_topic(secrets: SecretsManager) -> Iterator[Any]:
    """With moto's interpreter of state machines, whose tasks reach the local Lambda."""

    def client(region: str, **_: object) -> Any:  # noqa: ANN401 - boto3's
        return boto3.client("lambda", region, endpoint_url=secrets.endpoint)

    with (
        mock_aws(config=INTERPRETED),
        mock.patch.object(lambda_eval_utils, "boto_client_for", client),
    ):
        arn = boto3.client("sns", REGION).create_topic(Name="alarms")["TopicArn"]
        yield sns_backends[arn.split(":")[4]][REGION].topics[arn]


@pytest.fixture(scope="module")
def _account(mocked_topic: Any) -> Iterator[Account]:  # noqa: ANN401 - moto has no types
    assert mocked_topic
    account = Account()
    update = EC2ContainerServiceBackend.update_service

    def updated(backend: Any, request: dict[str, Any]) -> Any:  # noqa: ANN401 - moto's
        return account.deploy(request, lambda given: update(backend, given))

    with (
        revisions(),
        mock.patch.object(EC2ContainerServiceBackend, "update_service", updated),
        mock.patch.dict(os.environ, {"MOTO_ECS_SERVICE_RUNNING": "1"}),
    ):
        yield account


@pytest.fixture
def account(_account: Account) -> Account:
    """With nothing begun, and nothing that fails."""
    _account.ends.clear()
    _account.forced.clear()
    _account.on_force.clear()
    return _account


@pytest.fixture
def rotated(secrets: SecretsManager, request: pytest.FixtureRequest) -> Rotated:
    """A secret of the test's own name, once rotated."""
    return Rotated(secrets, f"own/{request.node.name.partition('[')[0]}"[:80])
