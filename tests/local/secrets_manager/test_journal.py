"""What happened can be read, counted and followed, and holds no value: fact 24."""

import threading
from typing import TYPE_CHECKING

import pytest

from local.secrets_manager import Call, Occurrence, RotationOutcome, SecretsManager, Step
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
    token,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def rotate(client: "SecretsManagerClient", secret: str, *, immediately: bool = True) -> None:
    client.rotate_secret(
        SecretId=secret,
        ClientRequestToken=token(2),
        RotationLambdaARN=FUNCTION,
        RotateImmediately=immediately,
    )


def test_fact_24_a_rotation_tells_its_start_its_failures_and_its_success(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    function.before["setSecret"] = failing_once("port closed")
    rotate(client, secret)
    service.wait_for_rotation(secret)
    assert [(event.name, event.step, event.error_message) for event in service.events] == [
        ("RotationStarted", None, None),
        ("RotationFailed", "setSecret", "port closed"),
        ("RotationSucceeded", None, None),
    ]
    assert {(event.secret_arn, event.version_id) for event in service.events} == {
        (secret, token(2))
    }


@pytest.mark.parametrize("ends", ["Succeeded", "Failed"])
def test_fact_24_a_test_of_the_configuration_has_events_of_its_own(
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    function: Scripted,
    ends: str,
) -> None:
    if ends == "Failed":
        function.before["testSecret"] = failing()
    rotate(client, secret, immediately=False)
    service.wait_for_rotation(secret)
    assert [event.name for event in service.events] == [
        "TestRotationStarted",
        f"TestRotation{ends}",
    ]


def test_every_step_is_told_as_it_starts_and_as_it_ends(
    service: SecretsManager, client: "SecretsManagerClient", secret: str
) -> None:
    occurrences: list[Occurrence] = []
    service.subscribe(occurrences.append)
    rotate(client, secret)
    service.wait_for_rotation(secret)
    steps = [(step.name, step.outcome) for step in occurrences if isinstance(step, Step)]
    assert steps == [(name, how) for name in STEPS for how in ("running", "succeeded")]
    assert [step.name for step in service.steps] == STEPS
    assert isinstance(occurrences[-1], RotationOutcome)
    assert occurrences[-1].steps == service.steps


def test_a_subscriber_may_call_the_service_or_fail_or_leave(
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[str] = []

    def read(occurrence: Occurrence) -> None:
        if not isinstance(occurrence, Call):
            seen.append(client.get_secret_value(SecretId=secret)["SecretString"])

    def fail(_occurrence: Occurrence) -> None:
        raise ValueError("not today")

    leave = service.subscribe(read)
    service.subscribe(fail)
    rotate(client, secret)
    assert service.wait_for_rotation(secret).state == "succeeded"
    assert (seen[0], seen[-1]) == (FIRST, CREATED)
    assert "a subscriber failed" in caplog.text
    leave()
    before = len(seen)
    rotate_again = client.rotate_secret(SecretId=secret)
    assert service.wait_for_rotation(secret, beyond=1).version_id == rotate_again["VersionId"]
    assert len(seen) == before


def test_a_name_that_was_anothers_before_is_waited_for_too(
    service: SecretsManager, client: "SecretsManagerClient", function: Scripted
) -> None:
    client.create_secret(Name="again", SecretString=FIRST)
    rotate(client, "again")
    service.wait_for_rotation("again")
    client.delete_secret(SecretId="again", ForceDeleteWithoutRecovery=True)
    arn = client.create_secret(Name="again", SecretString=FIRST)["ARN"]
    may_end = threading.Event()

    def hold(_event: Event) -> None:
        assert may_end.wait(30)

    function.before["finishSecret"] = hold
    rotate(client, "again")
    try:
        with pytest.raises(TimeoutError):
            service.wait_for_rotation("again", timeout=0.01)
    finally:
        may_end.set()
    assert service.wait_for_rotation("again").secret_arn == arn


def test_the_calls_of_a_rotation_can_be_counted(
    service: SecretsManager, client: "SecretsManagerClient", secret: str
) -> None:
    before = len(service.calls)
    rotate(client, secret)
    service.wait_for_rotation(secret)
    made = [(call.operation, call.secret_id) for call in service.calls[before:]]
    # RotateSecret's own record may come after the first of the function's calls.
    assert sorted(made) == [
        ("DescribeSecret", secret),
        ("PutSecretValue", secret),
        ("RotateSecret", secret),
        ("UpdateSecretVersionStage", secret),
    ]


def test_a_refused_call_is_recorded_with_its_code(
    service: SecretsManager, client: "SecretsManagerClient"
) -> None:
    with assert_refused("ResourceNotFoundException"):
        client.get_secret_value(SecretId="nobody")
    assert service.calls[-1].error == "ResourceNotFoundException"
    assert service.calls[-1].secret_id == "nobody"


def test_no_value_and_no_rotation_token_is_in_the_journal(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    function.before["testSecret"] = failing_once()
    rotate(client, secret)
    service.wait_for_rotation(secret)
    client.get_secret_value(SecretId=secret)
    journal = repr(service.journal)
    for sensitive in (FIRST, CREATED, function.events[0]["RotationToken"]):
        assert sensitive not in journal
