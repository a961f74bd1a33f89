"""A secret put where an event of another rotation found it: what replay stands on."""

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from local.secrets_manager import SecretsManager, errors
from tests.fixtures.secrets_manager import (
    CREATED,
    FUNCTION,
    STEPS,
    Scripted,
    assert_refused,
    labels,
    listed,
    token,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-AbC123"
ROTATION_TOKEN = "c6d71d2d-78f4-470f-87e9-007030678009"
EVENT = {"SecretId": ARN, "ClientRequestToken": token(7), "RotationToken": ROTATION_TOKEN}


def put(client: "SecretsManagerClient", rotation_token: str) -> None:
    client.put_secret_value(
        SecretId=ARN,
        ClientRequestToken=token(7),
        SecretString=CREATED,
        VersionStages=["AWSPENDING"],
        RotationToken=rotation_token,
    )


@pytest.fixture
def adopted(service: SecretsManager, secret: str) -> str:
    service.adopt(EVENT, "Scripted")
    return secret


def test_it_stands_as_before_the_first_step(
    client: "SecretsManagerClient", service: SecretsManager, adopted: str, function: Scripted
) -> None:
    described = client.describe_secret(SecretId=ARN)
    assert (described["ARN"], described["Name"]) == (ARN, "app/db")
    assert (described["RotationEnabled"], described["RotationLambdaARN"]) == (True, FUNCTION)
    assert labels(client, ARN) == {"AWSCURRENT": token(1), "AWSPENDING": token(7)}
    assert set(listed(client, ARN)) == {token(1)}  # the pending version has no value yet
    with assert_refused("ResourceNotFoundException"):
        client.describe_secret(SecretId=adopted)
    assert (function.events, service.events) == ([], ())


@pytest.mark.usefixtures("adopted")
def test_only_its_rotation_token_is_accepted(client: "SecretsManagerClient") -> None:
    with assert_refused("AccessDeniedException"):
        put(client, ROTATION_TOKEN[::-1])
    put(client, ROTATION_TOKEN)
    assert client.get_secret_value(SecretId=ARN, VersionId=token(7))["SecretString"] == CREATED


@pytest.mark.usefixtures("adopted")
def test_the_service_would_go_on_with_it(
    client: "SecretsManagerClient", service: SecretsManager, function: Scripted
) -> None:
    with assert_refused("InvalidRequestException"):  # fact 5: "That rotation will be reattempted."
        client.rotate_secret(SecretId=ARN)
    assert service.wait_for_rotation(ARN).state == "succeeded"
    assert function.events == [{"Step": step, **EVENT} for step in STEPS]


@pytest.mark.usefixtures("secret")
def test_an_event_without_a_rotation_token_gets_one_nobody_knows(
    client: "SecretsManagerClient", service: SecretsManager
) -> None:
    service.adopt({"SecretId": ARN, "ClientRequestToken": token(7)}, "Scripted")
    assert labels(client, ARN)["AWSPENDING"] == token(7)
    with assert_refused("AccessDeniedException"):
        put(client, ROTATION_TOKEN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"SecretId": "app/db"},
        {"SecretId": ARN.replace("123456789012", "me")},
        {"ClientRequestToken": "short"},
        {"ClientRequestToken": token(1)},
    ],
)
def test_what_could_be_no_rotation_is_refused_and_changes_nothing(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, wrong: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=r"ARN|ClientRequestToken|already"):
        service.adopt({**EVENT, **wrong}, "Scripted")
    assert labels(client, secret) == {"AWSCURRENT": token(1)}
    assert "RotationEnabled" not in client.describe_secret(SecretId=secret)


@pytest.mark.usefixtures("adopted")
def test_a_second_rotation_is_refused(service: SecretsManager) -> None:
    with pytest.raises(ValueError, match="already"):
        service.adopt({**EVENT, "ClientRequestToken": token(8)}, "Scripted")


def test_an_unknown_secret_is_not_made(
    service: SecretsManager, client: "SecretsManagerClient"
) -> None:
    with pytest.raises(errors.Refusal, match="can't find"):
        service.adopt(EVENT, "Scripted")
    with pytest.raises(ClientError):
        client.describe_secret(SecretId=ARN)
