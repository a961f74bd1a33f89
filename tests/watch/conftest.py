"""rotctl's world, and a topic that keeps what is published to it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sns.models import sns_backends

from rotctl.aws import session
from tests.rotctl.conftest import running_world as running_world  # noqa: PLC0414 a fixture
from tests.rotctl.conftest import world as world  # noqa: PLC0414 a fixture
from tests.rotctl.world import _session
from tests.watch.published import Topic
from watch import teller

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def _models_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "Session", _session)


@pytest.fixture(scope="module")
def mocked_topic() -> Iterator[Any]:
    """moto's, which refuses what SNS refuses; requests to other addresses it lets pass."""
    with mock_aws():
        arn = boto3.client("sns", REGION).create_topic(Name="alarms")["TopicArn"]
        yield sns_backends[arn.split(":")[4]][REGION].topics[arn]


@pytest.fixture
def topic(mocked_topic: Any, monkeypatch: pytest.MonkeyPatch) -> Topic:  # noqa: ANN401 - moto has no types
    """With the functions' variables; a line that never comes is not waited for."""
    monkeypatch.setenv("TOPIC_ARN", mocked_topic.arn)
    monkeypatch.setattr(teller, "LATE_SECONDS", 0.0)
    return Topic(mocked_topic)
