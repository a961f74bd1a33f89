"""Regions: each client's own, by the scope that it signs for; one service over all of them."""

from collections.abc import Iterator
from contextlib import closing

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from local.functions.home import InProcess
from local.secrets_manager import ManualClock, SecretsManager
from tests.fixtures.secrets_manager import (
    FUNCTION,
    Scripted,
    assert_refused,
    failing_once,
    token,
)

HERE, THERE = "us-east-1", "ap-southeast-2"


@pytest.fixture(scope="module")
def service() -> Iterator[SecretsManager]:
    """One for all of the file: each test has a name of its own."""
    function = Scripted()
    clock = ManualClock()
    with SecretsManager(InProcess({"Scripted": function}), clock=clock, retry_delay=0) as running:
        function.client = running.client(THERE)
        yield running


def test_the_same_name_is_another_secret_in_each(service: SecretsManager) -> None:
    here, there = service.client(), service.client(THERE)
    one = here.create_secret(Name="twice", SecretString="here")["ARN"]
    two = there.create_secret(Name="twice", SecretString="there")["ARN"]
    assert one.startswith(f"arn:aws:secretsmanager:{HERE}:123456789012:secret:twice-")
    assert two.startswith(f"arn:aws:secretsmanager:{THERE}:123456789012:secret:twice-")
    assert here.get_secret_value(SecretId="twice")["SecretString"] == "here"
    assert there.get_secret_value(SecretId=two)["SecretString"] == "there"
    assert [each["ARN"] for each in there.list_secrets()["SecretList"]] == [two]
    with assert_refused("ResourceNotFoundException"):
        here.get_secret_value(SecretId=two)  # an SDK doesn't turn to the ARN's region
    there.delete_secret(SecretId="twice", ForceDeleteWithoutRecovery=True)
    assert here.describe_secret(SecretId="twice")["ARN"] == one


def test_a_rotation_is_its_regions(service: SecretsManager) -> None:
    there = service.client(THERE)
    arn = there.create_secret(Name="rotated", SecretString="a")["ARN"]
    assert service.rotate(arn, "Scripted", version=token(2)).state == "succeeded"
    described = there.describe_secret(SecretId="rotated")
    assert described["RotationLambdaARN"] == FUNCTION
    assert "AWSCURRENT" in described["VersionIdsToStages"][token(2)]


def test_a_rotation_of_the_same_name_elsewhere_is_another() -> None:
    """The one there ends first, and fails."""
    here, there = Scripted(), Scripted()
    with SecretsManager(retries=0) as service:
        here.client, there.client = clients = service.client(HERE), service.client(THERE)
        arn, elsewhere = (
            each.create_secret(Name="both", SecretString="a")["ARN"] for each in clients
        )
        there.before["setSecret"] = failing_once()
        there_arn = service.add_function("There", there)

        def rotate_there_too(*_: object) -> None:
            clients[1].rotate_secret(SecretId="both", RotationLambdaARN=there_arn)
            service.wait_for_rotation(elsewhere)

        here.before["createSecret"] = rotate_there_too
        service.add_function("Here", here)
        outcome = service.rotate("both", "Here")
        assert (outcome.secret_arn, outcome.state) == (arn, "succeeded")


def test_what_is_due_is_rotated_in_a_region_made_later() -> None:
    function, clock = Scripted(), ManualClock()
    with SecretsManager(InProcess({"Scripted": function}), clock=clock) as service:
        function.client = there = service.client(THERE)
        arn = there.create_secret(Name="due", SecretString="a")["ARN"]
        there.rotate_secret(
            SecretId=arn,
            RotationLambdaARN=FUNCTION,
            RotationRules={"AutomaticallyAfterDays": 1},
            RotateImmediately=False,
        )
        service.wait_for_rotation(arn)
        clock.advance(2 * 24 * 3600)
        assert service.wait_for_rotation(arn, beyond=1).kind == "rotation"


def test_an_event_is_adopted_where_its_arn_is(service: SecretsManager) -> None:
    there = service.client(THERE)
    arn = there.create_secret(Name="adopted", SecretString="a")["ARN"]
    service.adopt({"SecretId": arn, "ClientRequestToken": token(7)}, "Scripted")
    stages = there.describe_secret(SecretId=arn)["VersionIdsToStages"]
    assert stages[token(7)] == ["AWSPENDING"]


def test_a_service_may_be_at_home_elsewhere() -> None:
    with SecretsManager(region=THERE) as service:
        assert service.environment["AWS_REGION"] == THERE
        assert service.environment["AWS_DEFAULT_REGION"] == THERE
        arn = service.client().create_secret(Name="a", SecretString="a")["ARN"]
        assert arn.split(":")[3] == THERE
        function = service.add_function("Mine", lambda _event, _context: None)
        assert function == FUNCTION.replace(HERE, THERE).replace("Scripted", "Mine")
        assert service.client(HERE).list_secrets()["SecretList"] == []


def test_a_request_that_is_not_signed_is_for_the_services_own(service: SecretsManager) -> None:
    service.client().create_secret(Name="unsigned", SecretString="a")
    unsigned = Config(signature_version=UNSIGNED, proxies={})
    client = boto3.session.Session().client(
        "secretsmanager", THERE, endpoint_url=service.endpoint, config=unsigned
    )
    with closing(client):
        assert client.describe_secret(SecretId="unsigned")["ARN"].split(":")[3] == HERE
