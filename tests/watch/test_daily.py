"""The daily check: every secret once a day, and what has changed is told before a rotation."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any
from unittest import mock

import pytest

from local.functions.home import FunctionError, LambdaContext
from rotctl.aws import functions
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from tests.deploy.stack.deployed import ACCOUNT, REGION
from tests.rotctl.world import World, noted_calls, run
from tests.watch.published import Topic, lines_of
from watch import daily

KEYS = ("link", "state", "what", "do", "of", "code")
UNKNOWN = {"state": "unknown", "what": "the function's time was over"}
pytestmark = pytest.mark.usefixtures("topic")
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
NAMES = ("own/good", "own/drifted", "own/stuck", "own/off", "other/app", "own/another")


def context(seconds: float = 900) -> LambdaContext:
    return LambdaContext(function_name="f", timeout=seconds, memory_limit_in_mb="256")


def check(hour: int, seconds: float = 900) -> None:
    daily.handler({"time": f"2026-11-30T{hour:02}:00:07Z"}, context(seconds))


@contextlib.contextmanager
def asked_of(world: World) -> Iterator[list[str]]:
    """The secrets that the functions are asked about from now on."""
    asked: list[str] = []
    invoke = world.home.invoke

    def noted(function: str, event: Mapping[str, object], /) -> object:
        assert event.keys() == {"Step", "SecretId"}
        assert event["Step"] == "diagnose"
        asked.append(str(event["SecretId"]))
        return invoke(function, event)

    with mock.patch.object(world.home, "invoke", noted):
        yield asked


@pytest.fixture(autouse=True)
def _variables(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNCTION_ARNS", world.service.function_arn("PostgresSingleUser"))
    monkeypatch.setenv("SECRET_PREFIXES", "own/,own/d")


def test_each_secret_is_asked_about_once_a_day_and_drift_is_told(
    world: World, topic: Topic
) -> None:
    good, drifted, stuck, off, elsewhere = map(world.secret, NAMES[:-1])
    another = world.secret(NAMES[-1], "Removed")
    drifted.change_password()
    world.home.kill_at = {"setSecret"}
    assert world.rotate(stuck) == "failed"
    world.home.kill_at = set()
    world.service.client().cancel_rotate_secret(SecretId=off.arn)
    every = (good, drifted, stuck, off, elsewhere, another)
    before = [world.describe(each) for each in every]
    outcomes = [len(world.service.outcomes(each.arn)) for each in every]
    theirs = {name: daily.hour_of(name) for name in NAMES}
    told = len(topic.told)
    with asked_of(world) as asked, noted_calls() as calls:
        for hour in sorted({*theirs.values(), (max(theirs.values()) + 1) % daily.HOURS}):
            check(hour)
            due = {each.arn for each in (good, drifted) if theirs[each.name] <= hour}
            assert sorted(asked) == sorted(due)
    # No RotateSecret, by which the next rotation may be reckoned anew: NextRotationDate has days.
    assert {each for each in calls if "logs" not in each} == {
        *("secretsmanager:ListSecrets", "secretsmanager:DescribeSecret"),
        *("lambda:Invoke", "sns:Publish"),
    }
    assert [world.describe(each) for each in every] == before
    assert all("NextRotationDate" in each for each in before[:2])
    assert [len(world.service.outcomes(each.arn)) for each in every] == outcomes
    ((subject, text),) = topic.told[told:]
    assert subject == "Check failed at login: own/drifted"
    assert text.startswith("The daily check of own/drifted found what is broken. It has changed")
    said = lines_of(text)
    assert "login of AWSCURRENT: " in text
    assert said["What is broken"].endswith("(Rejected)")
    assert said["What to do"]
    assert said["The credential in use"].startswith("the function could not log in with it")
    assert said["More"] == "rotctl diagnose own/drifted"
    assert (said["Secret"], said["Function"]) == (drifted.arn, "PostgresSingleUser")
    until = before[1]["NextRotationDate"].astimezone(UTC)
    assert said["The next rotation"] == f"by {until:%Y-%m-%d %H:%M} UTC"
    assert not [value for value in world.values() if value in text]
    assert run(said["More"].removeprefix("rotctl ")).code == 1


def test_a_secret_that_cannot_be_checked_keeps_no_other_from_it(
    world: World, topic: Topic, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily, "hour_of", lambda _: 0)
    monkeypatch.setenv("SECRET_PREFIXES", "some/")
    first, last = world.secret("some/first"), world.secret("some/last")
    last.change_password()
    invoke = world.home.invoke
    older = FunctionError("InvalidEvent", "diagnose: no such step; deploy")
    answers: tuple[tuple[str, object], ...] = (
        ("no such step", older),
        ("time was over", {"complete": False, "findings": [dict.fromkeys(KEYS, "") | UNKNOWN]}),
        ("does not answer what it is asked", {"status": "ok"}),
    )
    for why, answer in answers:

        def answered(
            function: str, event: Mapping[str, object], /, given: object = answer
        ) -> object:
            if event["SecretId"] != first.arn:
                return invoke(function, event)
            if isinstance(given, Exception):
                raise given
            return given

        told = len(topic.told)
        caplog.clear()
        with (
            mock.patch.object(world.home, "invoke", answered),
            pytest.raises(daily.NotAllCheckedError, match="1 secrets"),
        ):
            check(0)
        assert f"not checked: {first.name}; " in caplog.text
        assert why in caplog.text
        assert [subject for subject, _ in topic.told[told:]] == ["Check failed at login: some/last"]
    told = len(topic.told)
    with pytest.raises(daily.NotAllCheckedError, match="2 secrets"):
        check(0, seconds=100)
    monkeypatch.setenv("TOPIC_ARN", f"{TOPIC}2")
    with pytest.raises(daily.NotAllCheckedError, match="1 secrets"):
        check(0)
    assert topic.told[told:] == []


def test_a_rotation_that_begins_meanwhile_is_no_drift(
    world: World, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily, "hour_of", lambda _: 0)
    monkeypatch.setenv("SECRET_PREFIXES", "begun/")
    secret = world.secret("begun/one")
    secret.change_password()
    ask = functions.ask
    told = len(topic.told)

    def late(aws: Aws, of: Secret, step: str) -> dict[str, Any]:
        answer = ask(aws, of, step)
        assert world.rotate(secret) == "failed"
        return answer

    with mock.patch.object(functions, "ask", late):
        check(0)
    assert topic.told[told:] == []


def test_only_what_has_the_tag(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.secret("own/untagged")
    tagged = world.secret("own/tagged", tags={daily.TAG: "production"})
    monkeypatch.setenv("SECRET_TAG_VALUE", "production")
    assert [each.name for each in daily.own(Aws())] == [tagged.name]


def test_the_hours_of_many_secrets_are_spread() -> None:
    hours = [daily.hour_of(f"app/{number}") for number in range(2400)]
    assert set(hours) == set(range(24))
    assert max(map(hours.count, range(24))) < 150
