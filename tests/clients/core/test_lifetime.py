from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from rotating import Denied, Secret, Version
from rotating.lifetime import Lifetime

from tests.clients.core.world import CURRENT, World, timed

__all__ = ["timed"]
Timed = Callable[[World], Secret]
NOW = datetime(2026, 11, 30, tzinfo=UTC)


@given(seconds=st.floats(0, 10_000), until=st.none() | st.floats(-100_000, 100_000))
def test_a_life_ends_shortly_after_the_rotation_at_the_latest(
    seconds: float, until: float | None
) -> None:
    date = None if until is None else NOW + timedelta(seconds=until)
    life = Lifetime(seconds).drawn(date, NOW)
    assert 0 <= life <= seconds
    if until is not None:
        assert life <= max(until, 0) + 60
        assert life >= min(seconds * 0.9, max(until, 0) + 30) - 0.001
    else:
        assert life >= seconds * 0.9 - 0.001


def test_lives_differ() -> None:
    assert len({Lifetime(300).drawn(None) for _ in range(20)}) > 10


class Dated(World):
    """Counts how often it is asked for the date."""

    asked = 0
    denied = False

    def next_rotation(self) -> datetime | None:
        self.asked += 1
        if self.denied:
            raise Denied("no")
        return self.date


def reads_within(world: World, secret: Secret, seconds: int) -> int:
    before = world.reads.count(CURRENT)
    for _ in range(seconds):
        world.use(secret)
        world.advance(1)
    return world.reads.count(CURRENT) - before


def test_it_is_read_soon_after_the_rotation_was_due_and_the_date_asked_anew(timed: Timed) -> None:
    world = Dated({CURRENT: "one"}, {"one"})
    world.date = datetime.now(UTC) + timedelta(days=30)
    secret = timed(world)
    assert 3 <= reads_within(world, secret, 1000) <= 5
    assert world.asked <= 5
    world.date = datetime.now(UTC) - timedelta(seconds=1)
    reads_within(world, secret, 600)
    assert 9 <= reads_within(world, secret, 600) <= 22


def test_without_the_right_to_ask_the_date_it_is_hardly_ever_asked(timed: Timed) -> None:
    world = Dated({CURRENT: "one"}, {"one"})
    world.denied = True
    secret = timed(world)
    reads_within(world, secret, 3000)
    assert world.asked <= 11
    assert isinstance(secret.current(), Version)
