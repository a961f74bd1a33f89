"""Schedules of rotations (fact 19)."""

from typing import Any

from botocore.exceptions import ClientError

from local.verify.expect import equal, holds, refused
from local.verify.probe import CURRENT, Probe, Secret
from local.verify.registry import rule

TAKEN = (
    "rate(4 hours)",
    "rate(10 days)",
    "cron(0 10 * * ? *)",  # at ten each day
    "cron(0 /8 * * ? *)",  # every eight hours
    "cron(0 18 ? * MON#1 *)",  # the first Monday of the month
    "cron(0 2 L * ? *)",  # the last day of the month
    "cron(0 17 ? * 6L *)",  # its last Friday
    "cron(0 0 1 */2 ? *)",  # every other month
)
REFUSED = (
    "rate(3 hours)",  # too often
    "rate(10 minutes)",
    "cron(5 10 * * ? *)",  # minutes are 0
    "cron(0 10 * * ? 2030)",  # and the year is *
    "cron(0 10 * * * *)",  # a day of the month or of the week is ?
    "every day",
)


def _configured(probe: Probe, secret: Secret, **rules: Any) -> dict[str, Any]:  # noqa: ANN401 the API's own parameters
    """RotationRules as DescribeSecret has them, after RotateSecret without rotating at once."""
    probe.rotate(secret, RotateImmediately=False, RotationRules=rules)
    return probe.described(secret, "RotationRules", "RotationEnabled", "NextRotationDate")


def _see_tested(probe: Probe, secret: Secret, times: int) -> None:
    """Wait until testSecret has run so often and AWSPENDING is gone: RotateSecret is free then."""
    probe.notes(secret, times)
    probe.until(
        "the labels",
        lambda: probe.labels(secret),
        lambda seen: seen == {secret.version: [CURRENT]},
        within=probe.place.patience.rotation,
    )


def _refusal(probe: Probe, secret: Secret, expression: str) -> str:
    try:
        _configured(probe, secret, ScheduleExpression=expression)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "nothing"


@rule(19)
def a_number_of_days_is_kept_with_the_next_date(probe: Probe) -> None:
    """AutomaticallyAfterDays is described, and NextRotationDate is there."""
    described = _configured(probe, probe.secret(), AutomaticallyAfterDays=10)
    equal("AutomaticallyAfterDays", described["RotationRules"]["AutomaticallyAfterDays"], 10)
    holds("RotationEnabled is not true", described["RotationEnabled"])
    holds("NextRotationDate is missing", "NextRotationDate" in described)


@rule(19)
def an_expression_is_kept(probe: Probe) -> None:
    """A ScheduleExpression is described as it was given, and NextRotationDate is there."""
    described = _configured(probe, probe.secret(), ScheduleExpression="rate(10 days)")
    kept = described["RotationRules"].get("ScheduleExpression")
    equal("ScheduleExpression", kept, "rate(10 days)")
    holds("NextRotationDate is missing", "NextRotationDate" in described)


@rule(19)
def after_a_rotation_an_expression_has_its_days_beside_it(probe: Probe) -> None:
    """After a rotation, AutomaticallyAfterDays is beside the expression: 10 for rate(10 days)."""
    secret = probe.rotating()
    version = probe.rotate(secret, RotationRules={"ScheduleExpression": "rate(10 days)"})
    probe.see_rotated(secret, version)
    probe.until(
        "the rules",
        lambda: probe.described(secret, "RotationRules")["RotationRules"],
        lambda seen: seen.get("AutomaticallyAfterDays") == 10,  # noqa: PLR2004 as the rate has it
        within=probe.place.patience.rotation,
        wanted="AutomaticallyAfterDays of 10",
    )


@rule(19)
def without_rotation_there_is_no_next_date(probe: Probe) -> None:
    """After CancelRotateSecret there is no NextRotationDate."""
    secret = probe.secret()
    _configured(probe, secret, AutomaticallyAfterDays=10)
    probe.cancel(secret)
    described = probe.described(secret, "RotationEnabled", "NextRotationDate")
    equal("what is described", described, {"RotationEnabled": False})


@rule(19)
def a_window_is_kept(probe: Probe) -> None:
    """A Duration is described as it was given."""
    secret = probe.secret()
    described = _configured(probe, secret, ScheduleExpression="cron(0 2 * * ? *)", Duration="3h")
    equal("Duration", described["RotationRules"].get("Duration"), "3h")


@rule(19, assumed=True)
def what_is_not_given_stays(probe: Probe) -> None:
    """RotateSecret with a function alone keeps the rules, and with rules alone the function."""
    secret, window = probe.rotating(), {"ScheduleExpression": "cron(0 2 1 * ? *)", "Duration": "3h"}
    _configured(probe, secret, **window)
    _see_tested(probe, secret, 1)
    asked = {"SecretId": secret.arn, "RotateImmediately": False}
    probe.client.rotate_secret(RotationLambdaARN=probe.function, **asked)
    kept = probe.described(secret, "RotationRules")["RotationRules"]
    equal("the rules", {name: kept.get(name) for name in window}, window)
    _see_tested(probe, secret, 2)
    probe.client.rotate_secret(RotationRules={"AutomaticallyAfterDays": 10}, **asked)
    described = probe.described(secret, "RotationLambdaARN", "RotationRules")
    equal("the function", described["RotationLambdaARN"], probe.function)
    equal("the days", described["RotationRules"].get("AutomaticallyAfterDays"), 10)
    holds("the expression has stayed", "ScheduleExpression" not in described["RotationRules"])


@rule(19)
def the_forms_of_the_guide_are_taken(probe: Probe) -> None:
    """A rate() from four hours on, and a cron() with the guide's wildcards, are taken."""
    for expression in TAKEN:
        described = _configured(probe, probe.secret(), ScheduleExpression=expression)
        kept = described["RotationRules"].get("ScheduleExpression")
        equal("ScheduleExpression", kept, expression)


@rule(19)
def other_forms_are_refused_and_nothing_is_configured(probe: Probe) -> None:
    """More often than every four hours, other minutes or years are InvalidParameterException."""
    for expression in REFUSED:
        secret = probe.secret()
        code = _refusal(probe, secret, expression)
        equal(f"what {expression} is refused with", code, "InvalidParameterException")
        described = probe.described(secret, "RotationRules", "RotationEnabled")
        equal(f"what is configured after {expression}", described, {})


@rule(19)
def a_window_that_runs_into_the_next_day_is_refused(probe: Probe) -> None:
    """A Duration that ends on the next day in UTC is InvalidParameterException."""
    with refused("InvalidParameterException"):
        _configured(probe, probe.secret(), ScheduleExpression="cron(0 22 * * ? *)", Duration="3h")


@rule(19)
def days_and_an_expression_together_are_refused(probe: Probe) -> None:
    """AutomaticallyAfterDays and ScheduleExpression together are InvalidParameterException."""
    with refused("InvalidParameterException"):
        _configured(
            probe, probe.secret(), AutomaticallyAfterDays=10, ScheduleExpression="rate(10 days)"
        )
