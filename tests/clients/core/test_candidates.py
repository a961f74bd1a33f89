"""AWSPENDING's version, which is a guess: tried once, and never in the way of what is current."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from rotating import MalformedSecret, Secret, Version

from tests.clients.core.world import CURRENT, PENDING, World, WrongError, is_wrong, timed

__all__ = ["timed"]
Timed = Callable[[World], Secret]


def rejected_once(world: World, use: Callable[[Version], str]) -> Callable[[Version], str]:
    """The same, but for the first login, which is rejected though the password is right."""
    rejected = [False]

    def used(version: Version) -> str:
        if not rejected[0]:
            rejected[0] = True
            world.logins.append((world.now, str(version.text), False))
            raise WrongError("once")
        return use(version)

    return used


def test_one_that_was_rejected_takes_turns_with_what_is_current(timed: Timed) -> None:
    """A server counts the user's refusals, and not those of a password."""
    world = World({CURRENT: "one", PENDING: "two"}, set())
    secret = timed(world)
    began = world.now
    while world.now < began + 300:
        with pytest.raises(WrongError):
            world.use(secret)
        world.advance(1)
    tried = [(round(at - began), password) for at, password, _ in world.logins]
    turns = [(0, "one"), (0, "two"), (5, "one"), (20, "two"), (50, "one"), (110, "two")]
    assert [(at // 5 * 5, password) for at, password in tried[:6]] == turns
    assert world.rejected_within(60) == 5
    assert len(tried) == 5 + 4
    world.labels, world.accepts = {CURRENT: "two"}, {"two"}
    assert world.use(secret) == "two"


def test_one_that_became_right_though_its_label_stays_is_found_in_the_end(timed: Timed) -> None:
    """A rotation that was killed after setSecret, and rejected before that."""
    world = World({CURRENT: "one", PENDING: "two"}, set())
    secret = timed(world)
    with pytest.raises(WrongError):
        world.use(secret)
    world.accepts, found = {"two"}, []
    for _ in range(3):
        world.advance(60)
        with suppress(WrongError):
            found.append(world.use(secret))
    assert "two" in found


@pytest.mark.parametrize("error", [MalformedSecret("no host", "host"), OSError("unreachable")])
def test_one_that_cannot_be_used_is_not_tried_before_what_is_current(
    timed: Timed, error: Exception
) -> None:
    world = World({CURRENT: "one", PENDING: "two"}, {"one"})
    secret = timed(world)

    def log_in(version: Version) -> str:
        if version.text == "two":
            raise error
        return world.log_in(version)

    use = rejected_once(world, log_in)
    if isinstance(error, OSError):  # an outage goes on as it is
        with pytest.raises(OSError, match="unreachable"):
            secret.attempt(use, rejected=is_wrong)
        world.advance(5)
    assert secret.attempt(use, rejected=is_wrong) == "one"
    assert world.now < 1006
    assert secret.current().text == "one"


def test_of_one_that_is_malformed_nobody_hears(timed: Timed) -> None:
    world = World({CURRENT: "one", PENDING: "two"}, set())
    secret = timed(world)

    def log_in(version: Version) -> str:
        if version.text == "two":
            raise MalformedSecret("no host", "host")
        return world.log_in(version)

    with pytest.raises(WrongError) as caught:
        secret.attempt(log_in, rejected=is_wrong)
    assert "AWSPENDING" not in caught.value.__notes__[0]


def test_what_has_worked_as_it_is_told_by_what_it_is(timed: Timed) -> None:
    world = World({CURRENT: "one", PENDING: "two"}, {"two"})
    secret = timed(world)
    world.use(secret)
    world.accepts = set()
    with pytest.raises(WrongError) as caught:
        world.use(secret)
    (note,) = caught.value.__notes__
    assert "AWSCURRENT (id-of-one)" in note
    assert "AWSCURRENT (id-of-two)" not in note


def test_one_that_was_read_too_early_is_tried_again_once_what_worked_is_rejected(
    timed: Timed,
) -> None:
    """Of the next rotation, which began between the readings of the two labels, and is killed."""
    world = World({CURRENT: "one", PENDING: "three"}, {"two"})
    secret = timed(world)
    world.at.append((world.now + 0.01, lambda: world.labels.update({CURRENT: "two"})))
    assert world.use(secret) == "two"
    assert [each[1] for each in world.logins] == ["one", "three", "two"]
    world.accepts = {"three"}
    assert world.use(secret) == "three"


def test_one_that_is_malformed_for_one_use_and_works_for_another_is_passed_over_once(
    timed: Timed,
) -> None:
    world = World({CURRENT: "one", PENDING: "two"}, {"two"})
    secret, uses = timed(world), []

    def log_in(version: Version) -> str:
        uses.append(str(version.text))
        if version.text == "one":
            return world.log_in(version)
        world.use(secret)  # as another thread does, which finds it meanwhile
        raise MalformedSecret("no host", "host")

    with pytest.raises((WrongError, MalformedSecret)):
        secret.attempt(log_in, rejected=is_wrong)
    assert uses.count("two") <= 2
