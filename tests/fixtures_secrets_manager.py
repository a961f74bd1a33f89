"""A local Secrets Manager on a clock that stands still, and a function a test can disturb."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.functions import ARN_PREFIX, InProcess, LambdaContext
from local.secrets_manager import ManualClock, SecretsManager

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

FUNCTION = ARN_PREFIX + "Scripted"
FIRST, MINTED = "first-value", "minted-value"
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]

Event = dict[str, Any]


def token(number: int) -> str:
    """A ClientRequestToken that reads well in a failure."""
    return f"{number:032d}"


@dataclass
class Scripted:
    """A rotation function that does the four steps plainly; `before` disturbs a step.

    events: every event as it came, disturbed or not.
    """

    client: "SecretsManagerClient | None" = None
    events: list[Event] = field(default_factory=list)
    before: dict[str, Callable[[Event], None]] = field(default_factory=dict)

    def __call__(self, event: Event, _context: LambdaContext) -> None:
        self.events.append(event)
        if disturb := self.before.get(event["Step"]):
            disturb(event)
        assert self.client is not None
        if event["Step"] == "createSecret":
            self.create(event, self.client)
        elif event["Step"] == "finishSecret":
            self.finish(event, self.client)

    @property
    def steps(self) -> list[str]:
        return [event["Step"] for event in self.events]

    @staticmethod
    def create(event: Event, client: "SecretsManagerClient") -> None:
        client.put_secret_value(
            SecretId=event["SecretId"],
            ClientRequestToken=event["ClientRequestToken"],
            SecretString=MINTED,
            VersionStages=["AWSPENDING"],
            RotationToken=event["RotationToken"],
        )

    @staticmethod
    def finish(event: Event, client: "SecretsManagerClient") -> None:
        client.update_secret_version_stage(
            SecretId=event["SecretId"],
            VersionStage="AWSCURRENT",
            MoveToVersionId=event["ClientRequestToken"],
            RemoveFromVersionId=labels(client, event["SecretId"])["AWSCURRENT"],
        )


def labels(client: "SecretsManagerClient", secret_id: str) -> dict[str, str]:
    """Every label's version id, as DescribeSecret has it."""
    stages = client.describe_secret(SecretId=secret_id).get("VersionIdsToStages", {})
    return {label: version_id for version_id, on_it in stages.items() for label in on_it}


def put_pending(client: "SecretsManagerClient", secret_id: str, number: int, value: str) -> None:
    """Make the version token(number) with the value, as AWSPENDING."""
    client.put_secret_value(
        SecretId=secret_id,
        ClientRequestToken=token(number),
        SecretString=value,
        VersionStages=["AWSPENDING"],
    )


def rotate(client: "SecretsManagerClient", secret_id: str, number: int = 2) -> None:
    """Begin a rotation to the version token(number)."""
    client.rotate_secret(
        SecretId=secret_id, ClientRequestToken=token(number), RotationLambdaARN=FUNCTION
    )


def listed(client: "SecretsManagerClient", secret_id: str, **request: Any) -> dict[str, list[str]]:  # noqa: ANN401 the API's own parameters
    """Every version's labels over all pages, as ListSecretVersionIds has them."""
    found: dict[str, list[str]] = {}
    while True:
        answer = client.list_secret_version_ids(SecretId=secret_id, **request)
        found |= {item["VersionId"]: item.get("VersionStages", []) for item in answer["Versions"]}
        if "NextToken" not in answer:
            return found
        request["NextToken"] = answer["NextToken"]


@dataclass
class Refusal:
    """What a refused call said."""

    message: str = ""


@contextmanager
def refused(code: str) -> Iterator[Refusal]:
    """The call inside is refused with this code and, as always here, HTTP 400."""
    refusal = Refusal()
    with pytest.raises(ClientError) as raised:
        yield refusal
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    refusal.message = raised.value.response["Error"]["Message"]


def failing(message: str = "no") -> Callable[[Event], None]:
    """A disturbance: the step fails."""

    def fail(_event: Event) -> None:
        raise RuntimeError(message)

    return fail


def failing_once(message: str = "no") -> Callable[[Event], None]:
    """A disturbance: the step fails the first time it runs."""
    left = [message]

    def fail(_event: Event) -> None:
        if left:
            raise RuntimeError(left.pop())

    return fail


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def function() -> Scripted:
    return Scripted()


@pytest.fixture
def service(function: Scripted, clock: ManualClock) -> Iterator[SecretsManager]:
    home = InProcess({"Scripted": function})
    with SecretsManager(home, clock=clock, retries=2, retry_delay=0) as running:
        function.client = running.client()
        yield running


@pytest.fixture
def client(service: SecretsManager, function: Scripted) -> "SecretsManagerClient":
    return function.client or service.client()


@pytest.fixture
def secret(client: "SecretsManagerClient") -> str:
    """The ARN of a secret whose one version is token(1) with the value FIRST."""
    return client.create_secret(Name="app/db", SecretString=FIRST, ClientRequestToken=token(1))[
        "ARN"
    ]
