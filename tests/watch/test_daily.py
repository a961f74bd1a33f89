"""The daily check: every secret once a day, and what has changed is told before a rotation."""

from functools import partial

import pytest

from local.functions.home import LambdaContext
from rotctl.aws.session import Aws
from tests.rotctl.world import Rotated, World
from tests.watch.published import Topic, lines_of
from watch import daily

DENIED = "AccessDeniedException"
NAMES = ("own/good", "own/drifted", "own/stuck", "own/off", "other/app", "own/another")


def context(seconds: float = 900) -> LambdaContext:
    return LambdaContext(function_name="f", timeout=seconds, memory_limit_in_mb="256")


def check(hour: int, seconds: float = 900) -> None:
    daily.handler({"time": f"2026-11-30T{hour:02}:00:07Z"}, context(seconds))


def checks_of(world: World, secret: Rotated) -> int:
    """How often testSecret alone has run, or begun to, beside the one that attached it."""
    return len(world.service.outcomes(secret.arn)) - 1


def was_checked(world: World, secret: Rotated, times: int) -> bool:
    return checks_of(world, secret) == times


@pytest.fixture(autouse=True)
def _variables(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNCTION_ARNS", world.service.function_arn("PostgresSingleUser"))
    monkeypatch.setenv("SECRET_PREFIXES", "own/,own/d")
    monkeypatch.setattr(daily, "_PAUSE_SECONDS", 0.0)


def test_each_secret_is_tested_once_a_day_and_drift_is_told(world: World, topic: Topic) -> None:
    good, drifted, stuck, off, elsewhere = map(world.secret, NAMES[:-1])
    another = world.secret(NAMES[-1], "Removed")
    drifted.change_password()
    world.home.kill_at = {"setSecret"}
    assert world.rotate(stuck) == "failed"
    world.home.kill_at = set()
    world.service.client().cancel_rotate_secret(SecretId=off.arn)
    before = {each.arn: world.describe(each) for each in (good, drifted, stuck)}
    theirs = {name: daily.hour_of(name) for name in NAMES}
    for hour in sorted({*theirs.values(), (max(theirs.values()) + 1) % daily.HOURS}):
        check(hour)
        for each in (good, drifted):
            count = 1 if hour >= theirs[each.name] else 0
            world.service.wait_for(partial(was_checked, world, each, count))
    assert [checks_of(world, each) for each in (stuck, off, elsewhere, another)] == [1, 0, 0, 0]
    assert [each.state for each in world.service.outcomes(good.arn)] == ["succeeded"] * 2
    for each in (good, drifted, stuck):
        after = world.describe(each)
        for key in ("RotationRules", "VersionIdsToStages", "LastRotatedDate"):
            assert after.get(key) == before[each.arn].get(key)
    subject, text = topic.told_of(drifted, "TestRotationFailed")
    assert subject == "Test failed at testSecret: own/drifted"
    said = lines_of(text)
    assert said["What happened"].endswith("(Rejected)")
    assert said["The credential in use"].startswith("a test logs in with it and changes nothing")
    assert said["Another attempt"].startswith("none. A test is not attempted again")
    assert not [value for value in world.values() if value in text]


def test_what_could_not_begin_fails_the_check(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    secret = world.secret("own/denied")
    hour = daily.hour_of(secret.name)
    with pytest.raises(daily.NotAllTestedError, match="the time was over with 1 secret"):
        check(hour, seconds=100)
    world.service.settings.refused = {"RotateSecret": DENIED}
    with pytest.raises(daily.NotAllTestedError, match="1 tests could not begin"):
        check(hour)
    assert "RotateSecret" in caplog.text
    assert checks_of(world, secret) == 0
    # A rotation that began meanwhile is no failure: its own end is told.
    world.service.settings.refused = {"RotateSecret": "InvalidRequestException"}
    check(hour)


def test_only_what_has_the_tag(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.secret("own/untagged")
    tagged = world.secret("own/tagged", tags={daily.TAG: "production"})
    monkeypatch.setenv("SECRET_TAG_VALUE", "production")
    assert [each.name for each in daily.own(Aws())] == [tagged.name]


def test_the_hours_of_many_secrets_are_spread() -> None:
    hours = [daily.hour_of(f"app/{number}") for number in range(2400)]
    assert set(hours) == set(range(24))
    assert max(map(hours.count, range(24))) < 150
