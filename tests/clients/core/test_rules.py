"""What holds of `attempt` whatever happens around it, and when."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rotating import Absent, Secret, Unavailable

from tests.clients.core.world import CURRENT, PENDING, World, WrongError, timed

__all__ = ["timed"]
Timed = Callable[[World], Secret]
LONGEST = 20.0  # of a gap; the waiting of `attempt` is 30 s

step = st.floats(0.01, LONGEST / 2)
rotation = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["rotation", "killed", "rewound", "down", "by hand"]),
        "set": step,
        "move": step,
        "rest": st.floats(0, 400),
    }
)


@dataclass
class Life:
    """Rotations of a single user, one after the other, some of which go wrong."""

    world: World
    made: int = 0

    def plan(self, rotation: dict[str, object], start: float) -> float:
        """Put its moments on the world's clock; when it is over."""
        set_at = start + float(str(rotation["set"]))
        move_at = set_at + float(str(rotation["move"]))
        rest = move_at + float(str(rotation["rest"]))
        kind = rotation["kind"]
        self.made += 1
        new, world = f"p{self.made}", self.world

        def put() -> None:
            world.labels[PENDING] = new

        def set_password() -> None:
            world.accepts.clear()
            world.accepts.add(new)

        def move() -> None:
            world.labels["AWSPREVIOUS"], world.labels[CURRENT] = world.labels[CURRENT], new
            world.labels.pop(PENDING, None)

        def rewind() -> None:
            labels, used = world.labels, [each[1] for each in world.logins if each[2]]
            # Who has never seen the live password cannot know it.
            if "AWSPREVIOUS" in labels and used[-1] in world.accepts:
                labels[CURRENT], labels["AWSPREVIOUS"] = labels["AWSPREVIOUS"], labels[CURRENT]

        def go_down() -> None:
            world.failing.update(dict.fromkeys((CURRENT, PENDING), Unavailable("down")))

        plans = {
            "rotation": [(start, put), (set_at, set_password), (move_at, move)],
            "killed": [(start, put), (set_at, set_password)],
            "rewound": [(start, rewind)],
            "down": [(start, go_down), (move_at, world.failing.clear)],
            "by hand": [
                (start, lambda: world.labels.update({CURRENT: new})),
                (start, set_password),
            ],
        }
        world.at += plans[str(kind)]
        return rest


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rotations=st.lists(rotation, max_size=8), pause=st.floats(0.05, 30))
def test_no_rejection_reaches_an_application_that_has_been_running(
    timed: Timed, rotations: list[dict[str, object]], pause: float
) -> None:
    world = World({CURRENT: "p0"}, {"p0"})
    secret = timed(world)
    life, end = Life(world), world.now + 1
    for each in rotations:
        end = life.plan(each, end)
    while world.now < end:
        assert world.use(secret) in world.accepts
        world.advance(pause)
    assert world.use(secret) in world.accepts


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    labels=st.dictionaries(st.sampled_from([CURRENT, PENDING]), st.sampled_from("abc"), min_size=1),
    pauses=st.lists(st.floats(0, 20), min_size=5, max_size=60),
)
def test_what_is_wrong_is_tried_four_times_a_minute_at_most(
    timed: Timed, labels: dict[str, str], pauses: list[float]
) -> None:
    world = World(labels, set())
    secret = timed(world)
    for pause in pauses:
        with pytest.raises((WrongError, Absent)):
            world.use(secret)
        world.advance(pause)
    assert world.rejected_within(60) <= 3 + len(set(labels.values()))
