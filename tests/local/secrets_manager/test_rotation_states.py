"""Rotations that are tests, unfinished or abandoned: facts 4, 5 and 6."""

from typing import TYPE_CHECKING

import pytest

from local.secrets_manager import SecretsManager
from tests.fixtures.secrets_manager import (
    CREATED,
    FIRST,
    FUNCTION,
    STEPS,
    Event,
    Scripted,
    assert_refused,
    failing,
    labels,
    listed,
    put_pending,
    rotate,
    token,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

INCOMPLETE = "A previous rotation isn't complete. That rotation will be reattempted."


def test_fact_04_without_rotate_immediately_only_test_secret_runs_on_a_copy(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    seen: list[str] = []

    def read(event: Event) -> None:
        answer = client.get_secret_value(
            SecretId=event["SecretId"],
            VersionId=event["ClientRequestToken"],
            VersionStage="AWSPENDING",
        )
        seen.append(answer["SecretString"])

    function.before["testSecret"] = read
    answer = client.rotate_secret(
        SecretId=secret,
        RotationLambdaARN=FUNCTION,
        RotationRules={"AutomaticallyAfterDays": 7},
        RotateImmediately=False,
    )
    outcome = service.wait_for_rotation(secret)
    assert (outcome.kind, outcome.state, outcome.version_id) == (
        "test",
        "succeeded",
        answer["VersionId"],
    )
    assert (function.steps, seen) == (["testSecret"], [FIRST])
    # The temporary version is gone; the configuration stays.
    assert listed(client, secret, IncludeDeprecated=True) == {token(1): ["AWSCURRENT"]}
    assert labels(client, secret) == {"AWSCURRENT": token(1)}
    described = client.describe_secret(SecretId=secret)
    assert described["RotationEnabled"] is True
    assert "LastRotatedDate" not in described


def test_fact_04_a_test_that_fails_leaves_nothing_either(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    function.before["testSecret"] = failing()
    client.rotate_secret(SecretId=secret, RotationLambdaARN=FUNCTION, RotateImmediately=False)
    outcome = service.wait_for_rotation(secret)
    assert (outcome.kind, outcome.state, outcome.attempts) == ("test", "failed", 1)
    assert labels(client, secret) == {"AWSCURRENT": token(1)}


def test_fact_05_rotate_secret_during_a_rotation_is_refused_and_reattempts_it(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    service.settings.retries = 0
    function.before["setSecret"] = failing()
    rotate(client, secret)
    assert service.wait_for_rotation(secret).state == "failed"
    del function.before["setSecret"]
    with assert_refused("InvalidRequestException") as refusal:
        rotate(client, secret, 3)
    assert refusal.message == INCOMPLETE
    outcome = service.wait_for_rotation(secret, beyond=1)
    assert (outcome.state, outcome.version_id) == ("succeeded", token(2))
    assert function.steps == STEPS[:2] + STEPS
    assert labels(client, secret) == {"AWSCURRENT": token(2), "AWSPREVIOUS": token(1)}


def test_fact_05_asked_while_an_attempt_runs_it_gets_one_more_if_it_fails(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    service.settings.retries = 0

    def ask_and_fail(_event: Event) -> None:
        del function.before["setSecret"]
        with assert_refused("InvalidRequestException"):
            rotate(client, secret, 3)
        raise RuntimeError("the first time")

    function.before["setSecret"] = ask_and_fail
    rotate(client, secret)
    outcome = service.wait_for_rotation(secret)
    assert (outcome.state, outcome.attempts, outcome.version_id) == ("succeeded", 2, token(2))


def test_fact_05_a_pending_version_made_by_hand_counts_too(
    service: SecretsManager, client: "SecretsManagerClient", secret: str
) -> None:
    put_pending(client, secret, 2, CREATED)
    with assert_refused("InvalidRequestException") as refusal:
        rotate(client, secret, 3)
    assert refusal.message == INCOMPLETE
    # Nothing was configured, so there is no function to reattempt it with.
    assert "RotationEnabled" not in client.describe_secret(SecretId=secret)
    assert service.events == ()


def test_fact_05_awspending_on_the_current_version_is_no_obstacle(
    service: SecretsManager, client: "SecretsManagerClient", secret: str
) -> None:
    client.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSPENDING", MoveToVersionId=token(1)
    )
    rotate(client, secret)
    assert service.wait_for_rotation(secret).state == "succeeded"
    assert labels(client, secret)["AWSCURRENT"] == token(2)


@pytest.mark.parametrize("step", STEPS)
def test_fact_06_a_current_version_made_by_hand_abandons_the_rotation(
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    function: Scripted,
    step: str,
) -> None:
    function.before[step] = lambda _event: _put_current(client, secret)
    rotate(client, secret)
    outcome = service.wait_for_rotation(secret)
    assert outcome.state == "abandoned"
    assert function.steps == STEPS[: STEPS.index(step) + 1]
    assert "RotationAbandoned" in {event.name for event in service.events}
    assert "RotationFailed" not in {event.name for event in service.events}


def _put_current(client: "SecretsManagerClient", secret: str) -> None:
    client.put_secret_value(SecretId=secret, ClientRequestToken=token(8), SecretString="by hand")


def test_fact_06_abandoning_takes_awspending_off(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    function.before["setSecret"] = lambda _event: _put_current(client, secret)
    rotate(client, secret)
    service.wait_for_rotation(secret)
    assert labels(client, secret) == {"AWSCURRENT": token(8), "AWSPREVIOUS": token(1)}
    # The password that may be in the database already is kept (fact 7).
    assert client.get_secret_value(SecretId=secret, VersionId=token(2))["SecretString"] == CREATED


def test_fact_06_a_rotation_that_had_given_up_is_abandoned_too(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    function.before["createSecret"] = failing()
    rotate(client, secret)
    service.wait_for_rotation(secret)
    _put_current(client, secret)
    assert service.events[-1].name == "RotationAbandoned"
    assert labels(client, secret) == {"AWSCURRENT": token(8), "AWSPREVIOUS": token(1)}
