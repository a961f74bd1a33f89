"""Rotation rules are checked, kept, shown and kept to: fact 19."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from local.secrets_manager import ManualClock, SecretsManager, cron, errors, schedule
from tests.fixtures.secrets_manager import (
    FUNCTION,
    STEPS,
    Scripted,
    assert_refused,
    failing,
    token,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# The clock stands at 2026-01-01 00:00 UTC, a Thursday.
ACCEPTED = [
    ({"AutomaticallyAfterDays": 1}, "2026-01-02 00", "2026-01-03 00"),
    ({"AutomaticallyAfterDays": 1000}, "2028-09-27 00", "2028-09-28 00"),
    ({"ScheduleExpression": "rate(4 hours)"}, "2026-01-01 04", "2026-01-01 05"),
    ({"ScheduleExpression": "rate(10 days)"}, "2026-01-11 00", "2026-01-12 00"),
    ({"ScheduleExpression": "rate(10 days)", "Duration": "3h"}, "2026-01-11 00", "2026-01-11 03"),
    (
        {"ScheduleExpression": "cron(0 8 ? * SUN#1 *)", "Duration": "2h"},
        "2026-01-04 08",
        "2026-01-04 10",
    ),
    ({"ScheduleExpression": "cron(0 1 ? MAR-MAY 6L *)"}, "2026-03-27 01", "2026-03-28 00"),
]
# What the user guide has, in its examples and its table of the fields.
CRON = {
    "0 /8 * * ? *": "2026-01-01 08",
    "0 8/8 * * ? *": "2026-01-01 08",
    "0 4/12 * * ? *": "2026-01-01 04",
    "0 2/10 * * ? *": "2026-01-01 02",
    "0 10 * * ? *": "2026-01-01 10",
    "0 18 ? * SAT *": "2026-01-03 18",
    "0 18 ? * sat *": "2026-01-03 18",
    "0 8 1 * ? *": "2026-01-01 08",
    "0 1 ? 1/3 SUN#1 *": "2026-01-04 01",
    "0 17 L * ? *": "2026-01-31 17",
    "0 8 ? * MON-FRI *": "2026-01-01 08",
    "0 16 1,15 * ? *": "2026-01-01 16",
    "0 0 ? * SUN#1 *": "2026-01-04 00",
    "0 8 2-15 * ? *": "2026-01-02 08",
    "0 8 2/2 * ? *": "2026-01-02 08",
    "0 8 SUNL * ? *": "2026-01-25 08",
    "0 8 ? * SUNL *": "2026-01-25 08",
    "0 8 1 JAN,APR,JUL,OCT ? *": "2026-01-01 08",
    "0 8 1 2-3 ? *": "2026-02-01 08",
    "0 8 ? * TUE#3 *": "2026-01-20 08",
    "0 8 ? * 1,4 *": "2026-01-04 08",
    "0 8 ? * 1/2 *": "2026-01-01 08",
    "0 8 ? * L *": "2026-01-03 08",
}
REFUSED_CRON = [
    "30 8 * * ? *",
    "0 8 * * ? 2027",
    "0 8 1 * MON *",
    "0 8 ? * ? *",
    "0 8 * * * *",
    "0 8 1 * *",
    "0 * * * ? *",
    "0 0/3 * * ? *",
    "0 24 * * ? *",
    "0 8,20 * * ? *",
    "0 8-20/6 * * ? *",
    "0 8/0 * * ? *",
    "0 8 0 * ? *",
    "0 8 1- * ? *",
    "0 8 *-5 * ? *",
    "0 8 15W * ? *",
    "0 8 LW * ? *",
    "0 8 L-3 * ? *",
    "0 8 1 13 ? *",
    "0 8 ? * MOO *",
    "0 8 ? * 8 *",
    "0 8 ? * FRI-MON *",
    "0 8 ? * MON/ *",
    "0 8 ? * 1#6 *",
    "0 8 ? * MON#1,TUE#1 *",
]
REFUSED: list[dict[str, Any]] = [
    {"ScheduleExpression": "rate(3 hours)"},
    {"ScheduleExpression": "rate(1000 days)"},
    {"ScheduleExpression": "rate(5 minutes)"},
    {"ScheduleExpression": "every day"},
    {"ScheduleExpression": "cron(0 20 * * ? *)", "Duration": "5h"},
    {"ScheduleExpression": "rate(4 hours)", "Duration": "5h"},
    {"ScheduleExpression": "rate(1 day)", "Duration": "25h"},
    {"ScheduleExpression": "rate(1 day)", "Duration": "0h"},
    {"Duration": "3h"},
]


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H").replace(tzinfo=UTC)


def rotate(client: "SecretsManagerClient", secret: str, rules: dict[str, Any]) -> None:
    client.rotate_secret(
        SecretId=secret,
        ClientRequestToken=token(2),
        RotationLambdaARN=FUNCTION,
        RotationRules=rules,  # type: ignore[arg-type]  # pytest's parameters are plain dicts
    )


@pytest.mark.parametrize(("rules", "opens", "shuts"), ACCEPTED)
def test_fact_19_rules_are_kept_and_shown_with_the_next_date(  # noqa: PLR0913 three are fixtures
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    *,
    rules: dict[str, Any],
    opens: str,
    shuts: str,
) -> None:
    rotate(client, secret, rules)
    service.wait_for_rotation(secret)
    described = client.describe_secret(SecretId=secret)
    assert described["RotationRules"].items() >= rules.items()
    assert described["NextRotationDate"] == moment(shuts)
    assert described["LastRotatedDate"] == moment("2026-01-01 00")
    parsed = schedule.parse(rules)
    assert parsed is not None
    window = parsed.next(ManualClock().now())
    assert window is not None
    assert window.opens == moment(opens).timestamp()


@pytest.mark.parametrize(("fields", "opens"), CRON.items())
def test_fact_19_cron_takes_what_the_guide_has(fields: str, opens: str) -> None:
    assert cron.parse(fields).next(moment("2026-01-01 00")) == moment(opens)


@pytest.mark.parametrize("fields", REFUSED_CRON)
def test_fact_19_cron_takes_nothing_else(fields: str) -> None:
    with pytest.raises(errors.Refusal, match="Invalid ScheduleExpression"):
        cron.parse(fields)


def test_fact_19_days_and_an_expression_exclude_each_other(
    client: "SecretsManagerClient", secret: str
) -> None:
    with assert_refused("InvalidParameterException") as refusal:
        rotate(client, secret, {"AutomaticallyAfterDays": 7, "ScheduleExpression": "rate(7 days)"})
    assert refusal.message == (
        "You cannot specify both rotation frequency and schedule expression together."
    )


@pytest.mark.parametrize(
    ("expression", "days"),
    [("rate(10 days)", 10), ("rate(6 hours)", 1), ("cron(0 16 2,15 * ? *)", 2)],
)
def test_fact_19_the_days_are_shown_beside_an_expression_once_it_has_rotated(
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    expression: str,
    days: int,
) -> None:
    client.rotate_secret(
        SecretId=secret,
        RotationLambdaARN=FUNCTION,
        RotationRules={"ScheduleExpression": expression},
        RotateImmediately=False,
    )
    service.wait_for_rotation(secret)
    rules = client.describe_secret(SecretId=secret)["RotationRules"]
    assert rules == {"ScheduleExpression": expression}
    client.rotate_secret(SecretId=secret)
    service.wait_for_rotation(secret, beyond=1)
    rules = client.describe_secret(SecretId=secret)["RotationRules"]
    assert rules == {"ScheduleExpression": expression, "AutomaticallyAfterDays": days}
    (listed,) = client.list_secrets()["SecretList"]
    assert listed["RotationRules"] == rules
    # Other rules have no days before they have rotated.
    client.rotate_secret(
        SecretId=secret,
        RotationRules={"ScheduleExpression": "rate(5 days)"},
        RotateImmediately=False,
    )
    rules = client.describe_secret(SecretId=secret)["RotationRules"]
    assert rules == {"ScheduleExpression": "rate(5 days)"}


@pytest.mark.parametrize("operation", ["put_secret_value", "update_secret"])
@pytest.mark.parametrize(
    ("rules", "shuts"),
    [
        ({"AutomaticallyAfterDays": 10}, "2026-01-15 00"),
        ({"ScheduleExpression": "rate(10 days)"}, "2026-01-15 00"),
        ({"ScheduleExpression": "cron(0 8 7 * ? *)"}, "2026-01-08 00"),
    ],
)
def test_fact_19_a_value_put_by_hand_counts_as_a_rotation_for_the_next_date(  # noqa: PLR0913 four are fixtures
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    clock: ManualClock,
    *,
    rules: dict[str, Any],
    shuts: str,
    operation: str,
) -> None:
    rotate(client, secret, rules)
    service.wait_for_rotation(secret)
    clock.set(moment("2026-01-04 12").timestamp())
    getattr(client, operation)(SecretId=secret, SecretString="by hand")
    described = client.describe_secret(SecretId=secret)
    assert described["NextRotationDate"] == moment(shuts)
    assert described["LastRotatedDate"] == moment("2026-01-01 00")


def test_fact_19_neither_another_label_nor_a_pending_value_moves_the_next_date(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, clock: ManualClock
) -> None:
    rotate(client, secret, {"AutomaticallyAfterDays": 10})
    service.wait_for_rotation(secret)
    clock.set(moment("2026-01-04 12").timestamp())
    client.put_secret_value(SecretId=secret, SecretString="b", VersionStages=["AWSPENDING"])
    client.put_secret_value(SecretId=secret, SecretString="c", VersionStages=["mine"])
    client.update_secret_version_stage(
        SecretId=secret,
        VersionStage="AWSCURRENT",
        MoveToVersionId=token(1),
        RemoveFromVersionId=token(2),
    )
    assert client.describe_secret(SecretId=secret)["NextRotationDate"] == moment("2026-01-12 00")


@pytest.mark.parametrize("rules", REFUSED)
def test_fact_19_rules_that_cannot_be_kept_are_refused_and_change_nothing(
    client: "SecretsManagerClient", secret: str, rules: dict[str, Any]
) -> None:
    before = client.describe_secret(SecretId=secret)
    with assert_refused("InvalidParameterException"):
        rotate(client, secret, rules)
    after = client.describe_secret(SecretId=secret)
    assert {**before, "ResponseMetadata": None} == {**after, "ResponseMetadata": None}


def test_fact_19_a_day_that_never_comes_has_no_next_date() -> None:
    assert cron.parse("0 8 30 2 ? *").next(moment("2026-01-01 00")) is None


def test_fact_19_the_service_rotates_by_itself_when_the_window_opens(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, clock: ManualClock
) -> None:
    rotate(client, secret, {"ScheduleExpression": "cron(0 8 * * ? *)", "Duration": "2h"})
    service.wait_for_rotation(secret)
    for day in (1, 2, 3):
        clock.set(moment(f"2026-01-0{day} 08").timestamp())
        assert service.wait_for_rotation(secret, beyond=day).state == "succeeded"
    described = client.describe_secret(SecretId=secret)
    assert described["LastRotatedDate"] == moment("2026-01-03 08")
    assert described["NextRotationDate"] == moment("2026-01-04 10")
    assert len({outcome.version_id for outcome in service.outcomes(secret)}) == 4


def test_fact_19_a_cancelled_rotation_has_no_next_date(
    service: SecretsManager, client: "SecretsManagerClient", secret: str, clock: ManualClock
) -> None:
    rotate(client, secret, {"AutomaticallyAfterDays": 1})
    service.wait_for_rotation(secret)
    client.cancel_rotate_secret(SecretId=secret)
    described = client.describe_secret(SecretId=secret)
    assert not {"NextRotationDate", "LastRotatedDate"} & described.keys()
    assert described["RotationRules"] == {"AutomaticallyAfterDays": 1}
    clock.advance(10 * 24 * 3600)
    # Rotating again takes up the kept rules: this is the second rotation, none came between.
    client.rotate_secret(SecretId=secret)
    service.wait_for_rotation(secret, beyond=1)
    assert len(service.outcomes(secret)) == 2
    assert client.describe_secret(SecretId=secret)["NextRotationDate"] == moment("2026-01-13 00")


def test_fact_03_the_next_window_reattempts_what_the_last_one_left(
    service: SecretsManager,
    client: "SecretsManagerClient",
    secret: str,
    function: Scripted,
    clock: ManualClock,
) -> None:
    service.settings.retries = 0
    function.before["testSecret"] = failing()
    rotate(client, secret, {"AutomaticallyAfterDays": 1})
    assert service.wait_for_rotation(secret).state == "failed"
    del function.before["testSecret"]
    clock.advance(24 * 3600)
    outcome = service.wait_for_rotation(secret, beyond=1)
    assert (outcome.state, outcome.version_id) == ("succeeded", token(2))
    assert function.steps == STEPS[:3] + STEPS
