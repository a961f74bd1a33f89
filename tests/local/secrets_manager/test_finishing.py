"""What becomes of AWSPENDING, and of the rotation, after AWSCURRENT has moved: fact 11."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from local.secrets_manager import ManualClock, SecretsManager
from tests.fixtures.secrets_manager import (
    CREATED,
    FIRST,
    FUNCTION,
    STEPS,
    Event,
    Scripted,
    assert_refused,
    labels,
    put_pending,
    rotate,
    token,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    ByHand = Callable[[SecretsManagerClient, str], object]

DAY = 24 * 3600
BY_HAND: "dict[str, ByHand]" = {
    "PutSecretValue": lambda client, secret: client.put_secret_value(
        SecretId=secret, ClientRequestToken=token(8), SecretString="by hand"
    ),
    "UpdateSecret": lambda client, secret: client.update_secret(
        SecretId=secret, ClientRequestToken=token(8), SecretString="by hand"
    ),
    "UpdateSecretVersionStage": lambda client, secret: client.update_secret_version_stage(
        SecretId=secret,
        VersionStage="AWSCURRENT",
        MoveToVersionId=token(1),
        RemoveFromVersionId=token(2),
    ),
}


def finish_and(
    function: Scripted, then: "Callable[[Event, SecretsManagerClient], None]", *, times: int = 1
) -> None:
    """Let the function's finishSecret do more after AWSCURRENT has moved, `times` times."""
    left = [then] * times

    def finish(event: Event, client: "SecretsManagerClient") -> None:
        if labels(client, event["SecretId"])["AWSCURRENT"] != event["ClientRequestToken"]:
            Scripted.finish(event, client)
        if left:
            left.pop()(event, client)

    function.finish = finish  # type: ignore[method-assign]


def fail(*_: object) -> None:
    raise RuntimeError("after the move")


def take_pending_off(event: Event, client: "SecretsManagerClient") -> None:
    """As LocalStack's copy of AWS's template does, which ran on AWS."""
    client.update_secret_version_stage(
        SecretId=event["SecretId"],
        VersionStage="AWSPENDING",
        RemoveFromVersionId=event["ClientRequestToken"],
    )


@pytest.fixture
def stuck(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> str:
    """The secret, with both labels on token(2): no attempt of its finishSecret went well."""
    service.settings.retries = 0
    finish_and(function, fail)
    client.rotate_secret(
        SecretId=secret,
        ClientRequestToken=token(2),
        RotationLambdaARN=FUNCTION,
        RotationRules={"AutomaticallyAfterDays": 1},
    )
    assert service.wait_for_rotation(secret).state == "failed"
    assert labels(client, secret) == {
        "AWSCURRENT": token(2),
        "AWSPENDING": token(2),
        "AWSPREVIOUS": token(1),
    }
    function.events.clear()
    return secret


def test_fact_11_the_service_takes_awspending_off_when_finishsecret_has_succeeded(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    seen: list[list[str]] = []

    def look(event: Event, client: "SecretsManagerClient") -> None:
        answer = client.get_secret_value(
            SecretId=event["SecretId"], VersionId=event["ClientRequestToken"]
        )
        seen.append(answer["VersionStages"])

    finish_and(function, look)
    rotate(client, secret)
    assert service.wait_for_rotation(secret).state == "succeeded"
    assert seen == [["AWSCURRENT", "AWSPENDING"]]
    assert labels(client, secret) == {"AWSCURRENT": token(2), "AWSPREVIOUS": token(1)}


def test_fact_11_a_function_may_take_awspending_off_itself(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    finish_and(function, take_pending_off, times=2)
    for number in (2, 3):
        rotate(client, secret, number)
        assert service.wait_for_rotation(secret, beyond=number - 2).state == "succeeded"
    assert labels(client, secret) == {"AWSCURRENT": token(3), "AWSPREVIOUS": token(2)}


def test_fact_11_awspending_stays_where_somebody_put_it_meanwhile(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    finish_and(function, lambda event, client: put_pending(client, event["SecretId"], 5, "mine"))
    rotate(client, secret)
    assert service.wait_for_rotation(secret).state == "succeeded"
    assert labels(client, secret)["AWSPENDING"] == token(5)


@pytest.mark.parametrize("takes_off", [False, True])
def test_fact_11_a_finishsecret_that_fails_after_the_move_is_attempted_again(
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    function: Scripted,
    *,
    takes_off: bool,
) -> None:
    def then(event: Event, client: "SecretsManagerClient") -> None:
        if takes_off:
            take_pending_off(event, client)
        fail()

    finish_and(function, then)
    rotate(client, secret)
    outcome = service.wait_for_rotation(secret)
    assert (outcome.state, outcome.attempts) == ("succeeded", 2)
    assert function.steps == STEPS * 2
    assert labels(client, secret) == {"AWSCURRENT": token(2), "AWSPREVIOUS": token(1)}


def test_fact_05_what_never_finished_gives_way_to_the_next_rotation(
    service: SecretsManager, client: "SecretsManagerClient", stuck: str, function: Scripted
) -> None:
    rotate(client, stuck, 3)
    assert service.wait_for_rotation(stuck, beyond=1).state == "succeeded"
    assert {event["ClientRequestToken"] for event in function.events} == {token(3)}
    assert labels(client, stuck) == {"AWSCURRENT": token(3), "AWSPREVIOUS": token(2)}
    abandoned = [event for event in service.events if event.name == "RotationAbandoned"]
    assert [event.version_id for event in abandoned] == [token(2)]


def test_fact_05_it_gives_way_while_its_finishsecret_still_runs(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    def rotate_and_fail(*_: object) -> None:
        rotate(client, secret, 3)
        fail()

    finish_and(function, rotate_and_fail)
    rotate(client, secret)
    service.wait_for(lambda: len(service.outcomes(secret)) == 2)
    ended = {outcome.version_id: outcome for outcome in service.outcomes(secret)}
    # Two attempts of two rotations at once would undo each other's work.
    assert (ended[token(2)].state, ended[token(2)].attempts) == ("abandoned", 1)
    assert ended[token(3)].state == "succeeded"
    assert labels(client, secret) == {"AWSCURRENT": token(3), "AWSPREVIOUS": token(2)}


@pytest.mark.parametrize("operation", BY_HAND)
def test_fact_06_what_is_changed_by_hand_after_the_move_is_never_undone(
    service: SecretsManager,
    client: "SecretsManagerClient",
    stuck: str,
    function: Scripted,
    operation: str,
) -> None:
    BY_HAND[operation](client, stuck)
    chosen = labels(client, stuck)["AWSCURRENT"]
    assert labels(client, stuck) == {"AWSCURRENT": chosen, "AWSPREVIOUS": token(2)}
    rotate(client, stuck, 9)
    assert service.wait_for_rotation(stuck, beyond=1).state == "succeeded"
    assert {event["ClientRequestToken"] for event in function.events} == {token(9)}
    assert labels(client, stuck) == {"AWSCURRENT": token(9), "AWSPREVIOUS": chosen}


def test_fact_06_the_next_window_does_not_undo_it_either(
    service: SecretsManager,
    client: "SecretsManagerClient",
    stuck: str,
    function: Scripted,
    clock: ManualClock,
) -> None:
    BY_HAND["PutSecretValue"](client, stuck)
    clock.advance(DAY)
    outcome = service.wait_for_rotation(stuck, beyond=1)
    assert (outcome.state, outcome.attempts) == ("succeeded", 1)
    assert {event["ClientRequestToken"] for event in function.events} == {outcome.version_id}
    assert outcome.version_id != token(2)
    assert labels(client, stuck)["AWSPREVIOUS"] == token(8)


def test_fact_06_a_value_put_by_hand_after_a_rotation_is_not_undone_by_the_next(
    service: SecretsManager, client: "SecretsManagerClient", secret: str
) -> None:
    rotate(client, secret)
    service.wait_for_rotation(secret)
    BY_HAND["PutSecretValue"](client, secret)
    rotate(client, secret, 9)
    assert service.wait_for_rotation(secret, beyond=1).version_id == token(9)
    assert labels(client, secret) == {"AWSCURRENT": token(9), "AWSPREVIOUS": token(8)}


def test_fact_06_a_pending_version_made_by_hand_is_given_up_for_a_newer_current_one(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    rotate(client, secret)
    service.wait_for_rotation(secret)
    put_pending(client, secret, 7, "older")
    BY_HAND["PutSecretValue"](client, secret)
    assert "AWSPENDING" not in labels(client, secret)
    assert service.events[-1].name == "RotationAbandoned"
    assert service.events[-1].version_id == token(7)
    function.events.clear()
    rotate(client, secret, 9)
    assert service.wait_for_rotation(secret, beyond=1).state == "succeeded"
    assert {event["ClientRequestToken"] for event in function.events} == {token(9)}


def test_fact_04_a_test_takes_what_was_left_of_a_rotation_with_it(
    service: SecretsManager, client: "SecretsManagerClient", stuck: str
) -> None:
    client.rotate_secret(SecretId=stuck, RotateImmediately=False)
    assert service.wait_for_rotation(stuck, beyond=1).state == "succeeded"
    assert labels(client, stuck) == {"AWSCURRENT": token(2), "AWSPREVIOUS": token(1)}
    values = [
        client.get_secret_value(SecretId=stuck, VersionId=token(number))["SecretString"]
        for number in (1, 2)
    ]
    assert values == [FIRST, CREATED]


def test_fact_05_a_pending_version_made_by_hand_meanwhile_is_the_one_that_is_attempted(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, function: Scripted
) -> None:
    def put_mine(event: Event) -> None:
        if event["ClientRequestToken"] == token(2):
            put_pending(client, secret, 5, "mine")
            with assert_refused("InvalidRequestException"):
                rotate(client, secret, 3)

    function.before["setSecret"] = put_mine
    function.create = lambda event, client: (  # type: ignore[method-assign]
        None if event["ClientRequestToken"] == token(5) else Scripted.create(event, client)
    )
    rotate(client, secret)
    service.wait_for(lambda: len(service.outcomes(secret)) == 2)
    ended = {outcome.version_id: outcome for outcome in service.outcomes(secret)}
    assert ended[token(2)].state == "abandoned"
    assert [step.name for step in ended[token(2)].steps] == STEPS[:2]
    assert ended[token(5)].state == "succeeded"
    assert client.get_secret_value(SecretId=secret)["SecretString"] == "mine"
