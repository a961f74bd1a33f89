import logging
from collections.abc import Callable

import pytest
from rotating import Secret, Version

from tests.clients.core.world import CURRENT, PENDING, World, timed

__all__ = ["timed"]
Timed = Callable[[World], Secret]


def a_world() -> World:
    return World({CURRENT: "one"}, {"one"})


def test_hooks_are_called_once_for_each_version_that_takes_over(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    told: list[str] = []
    secret.on_change(lambda version: told.append(version.id))
    world.use(secret)
    assert told == []
    world.labels[PENDING], world.accepts = "two", {"two"}
    world.use(secret)
    world.use(secret)
    assert told == ["id-of-two"]
    world.labels = {CURRENT: "two"}
    secret.refresh()
    assert told == ["id-of-two"]
    world.labels = {CURRENT: "three"}
    secret.refresh()
    assert told == ["id-of-two", "id-of-three"]


def test_the_other_user_of_a_pair_is_a_change_though_the_old_one_works(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    told: list[str] = []
    secret.on_change(lambda version: told.append(version.id))
    world.use(secret)
    world.labels, world.accepts = {CURRENT: "two"}, {"one", "two"}
    world.advance(301)
    assert world.use(secret) == "two"
    assert told == ["id-of-two"]


def test_a_hook_may_ask_the_secret(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    seen: list[str] = []
    secret.on_change(lambda _: seen.extend((secret.current().id, secret.refresh().id)))
    world.use(secret)
    world.labels = {CURRENT: "two"}
    secret.refresh()
    assert seen == ["id-of-two"] * 2


def test_a_hook_that_fails_breaks_no_login_and_shows_nothing(
    timed: Timed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world = a_world()
    secret = timed(world)
    told: list[str] = []

    def fail(version: Version) -> None:
        raise ValueError(str(version.text))

    secret.on_change(fail)
    secret.on_change(lambda version: told.append(version.id))
    world.use(secret)
    world.labels[PENDING], world.accepts = "two", {"two"}
    assert world.use(secret) == "two"
    assert told == ["id-of-two"]
    assert caplog.messages == ["a hook on 'app' has failed: ValueError"]
    assert caplog.records[0].exc_info is None


def test_after_a_rewinding_they_hear_what_is_in_use(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    told: list[str] = []
    take_back = secret.on_change(lambda version: told.append(version.id))
    world.use(secret)
    world.labels, world.accepts = {CURRENT: "two"}, {"two"}
    world.use(secret)
    world.labels = {CURRENT: "one"}
    secret.refresh()
    assert world.use(secret) == "two"
    assert told[-1] == secret.current().id == "id-of-two"
    take_back()
    take_back()
    world.labels = {CURRENT: "three"}
    secret.refresh()
    assert "id-of-three" not in told
