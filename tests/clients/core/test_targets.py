"""One secret at several targets: what one of them says is not what the others say."""

from collections.abc import Callable

import pytest
from rotating import Secret
from rotating.login import place

from tests.clients.core.world import CURRENT, PENDING, World, WrongError, is_wrong, timed

__all__ = ["timed"]
Timed = Callable[[World], Secret]


def test_what_one_target_rejects_may_be_right_for_another(timed: Timed) -> None:
    here, there = World({CURRENT: "one"}, {"one"}), World({CURRENT: "one"}, set())
    secret = timed(here)
    for _ in range(50):
        with pytest.raises(WrongError):
            secret.attempt(there.log_in, rejected=is_wrong, target="there")
        began = here.now
        assert secret.attempt(here.log_in, rejected=is_wrong, target="here") == "one"
        assert here.now - began < 0.01
        here.advance(1)
    assert len(there.logins) < 8
    assert secret.current().text == "one"


def test_what_works_at_one_of_them_is_current_and_the_other_finds_it_too(timed: Timed) -> None:
    world = World({CURRENT: "one", PENDING: "two"}, {"two"})
    secret = timed(world)
    assert secret.attempt(world.log_in, rejected=is_wrong, target="primary") == "two"
    assert secret.current().text == "two"
    assert secret.attempt(world.log_in, rejected=is_wrong, target="replica") == "two"


def test_a_place_is_what_the_callers_own_arguments_say() -> None:
    assert place({"sslmode": "verify-full", "host": None}) == ""
    assert place({"host": "reader", "port": 5433, "sslmode": "x"}) == "host=reader port=5433"
    assert place({"db": "orders"}) == place({"database": "orders"}) == "database=orders"
    assert place({"user": "u", "password": "secret"}) == ""


def test_verdicts_of_a_few_targets_are_kept(timed: Timed) -> None:
    world = World({CURRENT: "one"}, {"one"})
    secret = timed(world)
    for number in range(300):
        assert secret.attempt(world.log_in, rejected=is_wrong, target=str(number)) == "one"
        assert secret.attempt(world.log_in, rejected=is_wrong, target="busy") == "one"
    assert len(secret._verdicts) == 100
    assert "busy" in secret._verdicts


def test_what_a_target_of_before_has_rejected_is_current_where_another_accepts_it(
    timed: Timed,
) -> None:
    before, now = World({CURRENT: "one"}, {"one"}), World({}, {"two"})
    secret = timed(before)
    assert secret.attempt(before.log_in, rejected=is_wrong, target="before") == "one"
    before.labels[CURRENT] = "two"
    secret.refresh()
    assert secret.attempt(before.log_in, rejected=is_wrong, target="before") == "one"
    assert secret.current().text == "one"
    assert secret.attempt(now.log_in, rejected=is_wrong, target="now") == "two"
    assert secret.current().text == "two"
