"""A rotation from RotateSecret to its end, or to its last attempt: facts 1, 2 and 3."""

import threading
from typing import TYPE_CHECKING

import pytest

from local.functions.home import ARN_PREFIX
from local.secrets_manager import SecretsManager, Step
from tests.fixtures.secrets_manager import (
    CREATED,
    FIRST,
    FUNCTION,
    STEPS,
    Event,
    Scripted,
    assert_refused,
    failing,
    failing_once,
    labels,
    listed,
    put_pending,
    rotate,
    token,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def test_fact_01_rotate_secret_answers_before_the_function_has_run(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    gate = threading.Event()
    function.before["createSecret"] = lambda _event: _pass(gate)
    answer = client.rotate_secret(
        SecretId="app/db", ClientRequestToken=token(2), RotationLambdaARN=FUNCTION
    )
    # The function can't have done anything: it is still waiting at the gate.
    assert (answer["ARN"], answer["Name"], answer["VersionId"]) == (secret, "app/db", token(2))
    assert labels(client, secret) == {"AWSCURRENT": token(1), "AWSPENDING": token(2)}
    assert token(2) not in listed(client, secret, IncludeDeprecated=True)
    gate.set()
    assert service.wait_for_rotation(secret).state == "succeeded"


def test_steps_may_have_a_pause_between_them_that_a_cancellation_ends(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    service.settings.step_pause = 300
    rotate(client, secret)
    service.wait_for(lambda: any(step.outcome == "succeeded" for step in service.steps))
    client.cancel_rotate_secret(SecretId=secret)
    assert service.wait_for_rotation(secret).state == "cancelled"
    assert function.steps == STEPS[:1]


def _pass(gate: threading.Event) -> None:
    assert gate.wait(30)


def test_fact_01_the_four_steps_run_in_order_and_the_new_value_is_current(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    rotate(client, secret)
    outcome = service.wait_for_rotation(secret)
    assert (outcome.state, outcome.attempts) == ("succeeded", 1)
    assert function.steps == STEPS
    assert client.get_secret_value(SecretId=secret)["SecretString"] == CREATED
    described = client.describe_secret(SecretId=secret)
    assert described["RotationEnabled"] is True
    assert described["RotationLambdaARN"] == FUNCTION
    assert "LastRotatedDate" in described


def test_fact_02_the_event_has_exactly_four_keys(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    client.rotate_secret(SecretId="app/db", RotationLambdaARN=FUNCTION)
    version_id = service.wait_for_rotation(secret).version_id
    for step, event in zip(STEPS, function.events, strict=True):
        rotation_token = event["RotationToken"]
        assert event == {
            "Step": step,
            "SecretId": secret,
            "ClientRequestToken": version_id,
            "RotationToken": rotation_token,
        }
        assert 36 <= len(rotation_token) <= 256
        assert rotation_token.replace("-", "").isalnum()


def test_fact_02_a_wrong_rotation_token_is_refused(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    def forge(event: Event) -> None:
        event["RotationToken"] = "0" * 36

    function.before["createSecret"] = forge
    rotate(client, secret)
    outcome = service.wait_for_rotation(secret)
    assert outcome.state == "failed"
    assert {call.error for call in service.calls if call.operation == "PutSecretValue"} == {
        "AccessDeniedException"
    }


@pytest.mark.parametrize(("required", "state"), [(False, "succeeded"), (True, "failed")])
def test_fact_02_without_the_rotation_token_a_put_is_refused_where_it_is_required(  # noqa: PLR0913 four are fixtures
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    function: Scripted,
    *,
    required: bool,
    state: str,
) -> None:
    service.settings.require_rotation_token = required
    function.before["createSecret"] = lambda event: put_pending(
        client, event["SecretId"], 2, CREATED
    )
    rotate(client, secret)
    assert service.wait_for_rotation(secret).state == state


@pytest.mark.parametrize("step", STEPS)
def test_fact_03_a_failed_step_ends_the_attempt_and_the_whole_is_retried(
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    function: Scripted,
    step: str,
) -> None:
    function.before[step] = failing_once("out of order")
    rotate(client, secret)
    outcome = service.wait_for_rotation(secret)
    assert (outcome.state, outcome.attempts) == ("succeeded", 2)
    assert function.steps == STEPS[: STEPS.index(step) + 1] + STEPS
    assert {event["ClientRequestToken"] for event in function.events} == {token(2)}
    assert len({event["RotationToken"] for event in function.events}) == 1


def test_fact_03_after_the_last_attempt_nothing_is_promoted(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    service.settings.retries = 1
    function.before["setSecret"] = failing("the target says no")
    rotate(client, secret)
    outcome = service.wait_for_rotation(secret)
    assert (outcome.state, outcome.attempts) == ("failed", 2)
    assert outcome.error is not None
    assert (outcome.error.name, outcome.error.error_type) == ("setSecret", "RuntimeError")
    assert outcome.error.error_message == "the target says no"
    assert function.steps == STEPS[:2] * 2
    assert labels(client, secret) == {"AWSCURRENT": token(1), "AWSPENDING": token(2)}
    assert client.get_secret_value(SecretId=secret)["SecretString"] == FIRST
    assert "LastRotatedDate" not in client.describe_secret(SecretId=secret)


def test_fact_03_a_finish_that_moves_nothing_has_not_succeeded(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    function.before["setSecret"] = lambda _event: setattr(function, "finish", lambda *_: None)
    rotate(client, secret)
    outcome = service.wait_for_rotation(secret)
    assert isinstance(outcome.error, Step)
    assert outcome.error.error_type == "RotationNotFinished"
    assert labels(client, secret)["AWSCURRENT"] == token(1)


def test_fact_01_a_function_that_cannot_be_invoked_is_refused_at_once(
    client: "SecretsManagerClient", secret: str
) -> None:
    with assert_refused("AccessDeniedException") as refusal:
        client.rotate_secret(SecretId=secret, RotationLambdaARN=ARN_PREFIX + "Nobody")
    assert refusal.message == (
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
        "policy grants access to the principal secretsmanager.amazonaws.com."
    )
    with assert_refused("InvalidRequestException") as refusal:
        client.rotate_secret(SecretId=secret)
    assert refusal.message == "No Lambda rotation function ARN is associated with this secret."
    assert "RotationEnabled" not in client.describe_secret(SecretId=secret)
    assert labels(client, secret) == {"AWSCURRENT": token(1)}
