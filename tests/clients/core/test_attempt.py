import logging
import threading
import traceback
from collections.abc import Callable

import pytest
from rotating import LOGINS_AT_ONCE, Denied, Secret, Unavailable, Version
from rotating.verdicts import Verdicts

from tests.clients.core.world import (
    CURRENT,
    PENDING,
    World,
    WrongError,
    is_wrong,
    rotate,
    timed,
)

__all__ = ["timed"]
Timed = Callable[[World], Secret]


def a_world() -> World:
    return World({CURRENT: "one"}, {"one"})


def test_what_is_cached_is_used_without_asking(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    assert [world.use(secret) for _ in range(100)] == ["one"] * 100
    assert world.reads == [CURRENT]


def test_in_the_gap_the_pending_version_is_tried_at_once(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.labels[PENDING], world.accepts = "two", {"two"}
    began = world.now
    assert world.use(secret) == "two"
    assert world.now - began < 0.01
    assert [each[1:] for each in world.logins] == [("one", True), ("one", False), ("two", True)]


def test_what_has_worked_is_used_first_until_the_label_moves_and_after(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.labels[PENDING], world.accepts = "two", {"two"}
    world.use(secret)
    reads, logins = len(world.reads), len(world.logins)
    assert secret.current().id == "id-of-two"
    assert [world.use(secret) for _ in range(10)] == ["two"] * 10
    world.labels = {CURRENT: "two"}
    world.advance(400)
    assert world.use(secret) == "two"
    assert world.reads[reads:] == [CURRENT]
    assert all(accepted for _, _, accepted in world.logins[logins:])


def test_a_candidate_is_not_taken_for_current_before_it_has_worked(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.labels[PENDING], world.accepts = "two", set()
    rotate(world, "two", set_at=world.now + 3, moved_at=world.now + 4)
    world.at.append((world.now + 1, lambda: seen.append(secret.current().id)))
    seen: list[str] = []
    assert world.use(secret) == "two"
    assert seen == ["id-of-one"]


def test_a_label_that_has_moved_is_read_anew_and_nothing_else(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.labels, world.accepts = {CURRENT: "two", PENDING: "three"}, {"two"}
    assert world.use(secret) == "two"
    assert world.reads == [CURRENT, CURRENT]


@pytest.mark.parametrize("failing", [Denied("no"), None])
def test_without_the_pending_version_it_waits_for_the_label(
    timed: Timed, failing: Denied | None
) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    if failing is not None:
        world.failing[PENDING] = failing
    world.accepts = {"two"}
    world.at.append((world.now + 8, lambda: world.labels.update({CURRENT: "two"})))
    assert world.use(secret) == "two"
    assert world.reads.count(PENDING) == 1 if failing else world.reads.count(PENDING) > 1
    assert world.rejected_within(60) <= 2


def test_an_outage_goes_on_as_it_is_and_is_no_verdict(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    outage = ConnectionRefusedError("down")

    def use(_: Version) -> None:
        raise outage

    for _ in range(3):
        with pytest.raises(ConnectionRefusedError) as caught:
            secret.attempt(use, rejected=is_wrong)
        assert caught.value is outage
    assert world.reads == [CURRENT]
    assert world.use(secret) == "one"


def test_one_whose_answer_is_slow_holds_nobody_up_for_longer_than_is_waited(timed: Timed) -> None:
    world = a_world()
    timed(world)
    secret = Secret(world.name, source=world, wait_seconds=3)
    assert secret.begin().next()  # and nothing comes of it
    began = world.now
    assert world.use(secret) == "one"
    assert world.now - began < 4


def test_one_that_is_simply_wrong_is_tried_a_few_times_a_minute(timed: Timed) -> None:
    world = World({CURRENT: "one"}, set())
    secret = timed(world)
    began = world.now
    with pytest.raises(WrongError) as first:
        world.use(secret)
    assert world.now - began == pytest.approx(30, abs=2.5)
    tried = ", then ".join(["AWSCURRENT (id-of-one)"] * 3)
    assert first.value.__notes__ == [f"rotating: rejected were {tried}"]
    while world.now < began + 600:
        before = world.now
        with pytest.raises(WrongError):
            world.use(secret)
        assert world.now - before < 0.01
        world.advance(0.5)
    assert world.rejected_within(60) == 4
    assert len(world.logins) <= 4 + 10


def test_it_works_again_as_soon_as_another_version_does(timed: Timed) -> None:
    world = World({CURRENT: "one"}, set())
    secret = timed(world)
    for _ in range(3):
        with pytest.raises(WrongError):
            world.use(secret)
    world.labels, world.accepts = {CURRENT: "two"}, {"two"}
    world.advance(1.5)
    assert world.use(secret) == "two"


def test_a_secret_rewound_by_hand_leaves_what_works_in_use(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.labels, world.accepts = {CURRENT: "two"}, {"two"}
    world.use(secret)
    world.labels = {CURRENT: "one"}
    logins = len(world.logins)
    for _ in range(200):
        world.advance(10)
        assert world.use(secret) == "two"
    assert sum(not accepted for _, _, accepted in world.logins[logins:]) == 1


def test_what_was_refused_while_pending_is_tried_once_it_is_current(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    # Of nodes that learn of it late: neither password is good for a while.
    world.labels[PENDING], world.accepts = "two", set()
    rotate(world, "two", set_at=world.now + 2, moved_at=world.now + 2.5)
    began = world.now
    assert world.use(secret) == "two"
    assert world.now - began < 5


def test_aws_down_in_the_gap_is_waited_for(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.accepts, world.labels[PENDING] = {"two"}, "two"
    down = Unavailable("down")
    world.failing = {CURRENT: down, PENDING: down}
    world.at.append((world.now + 20, world.failing.clear))
    assert world.use(secret) == "two"


def test_a_stale_value_serves_on_and_is_told_once(
    timed: Timed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="rotating")
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.failing[CURRENT] = Unavailable("AWSCURRENT of the secret 'app' cannot be read: Slow")
    for _ in range(100):
        world.advance(10)
        assert world.use(secret) == "one"
    assert 900 < secret.stale_seconds < 1100
    assert len(world.reads) < 40
    world.failing.clear()
    world.advance(61)
    world.use(secret)
    assert secret.stale_seconds == 0
    assert caplog.messages == [
        "the known value of 'app' serves on: AWSCURRENT of the secret 'app' cannot be read: Slow",
        "the secret 'app' can be read again",
    ]


def test_a_secret_that_was_never_read_raises_what_reading_it_does(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.failing[CURRENT] = Denied("no right")
    with pytest.raises(Denied):
        world.use(secret)
    with pytest.raises(Denied):
        secret.current()
    world.failing.clear()
    assert world.use(secret) == "one"


def test_a_rotation_killed_in_the_middle_and_another_after_it(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.labels[PENDING], world.accepts = "two", {"two"}
    assert world.use(secret) == "two"
    world.labels[PENDING], world.accepts = "three", {"three"}  # the version was given up
    began = world.now
    assert world.use(secret) == "three"
    assert world.now - began < 0.01
    world.labels = {CURRENT: "three"}
    assert world.use(secret) == "three"


def test_the_next_rotation_costs_one_rejected_login_and_no_old_version_is_tried(
    timed: Timed,
) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    for new in ("two", "three", "four"):
        world.labels[PENDING], world.accepts = new, {new}
        world.advance(20)  # what was rejected in the last gap may be tried again
        logins = len(world.logins)
        assert world.use(secret) == new
        assert [accepted for _, _, accepted in world.logins[logins:]] == [False, True]
        world.labels = {CURRENT: new}


def test_what_another_thread_was_told_does_not_grow_as_it_is_raised(timed: Timed) -> None:
    world = World({CURRENT: "one"}, set())
    secret = timed(world)
    lengths = []
    for _ in range(20):
        with pytest.raises(WrongError) as caught:
            world.use(secret)
        lengths.append(len(list(traceback.walk_tb(caught.value.__traceback__))))
    assert max(lengths[1:]) <= lengths[0]


def test_a_judge_that_fails_leaves_no_trial(timed: Timed) -> None:
    world = World({CURRENT: "one"}, set())
    secret = timed(world)

    def fail(_: Exception) -> bool:
        raise LookupError

    began = world.now
    for _ in range(3):
        with pytest.raises(LookupError):
            secret.attempt(world.log_in, rejected=fail)
    assert world.now - began < 0.1


def test_an_outage_of_days_is_waited_for(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.failing[CURRENT] = Unavailable("down")
    for _ in range(2000):
        with pytest.raises(Unavailable):
            secret.refresh()
    assert world.use(secret) == "one"


def test_what_a_source_raises_besides_is_that_it_cannot_be_read(timed: Timed) -> None:
    """A captive portal's page, or half an answer; a source of somebody's own."""
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.failing[CURRENT] = world.failing[PENDING] = KeyError("VersionId")  # type: ignore[assignment]  # the case
    world.advance(400)
    assert world.use(secret) == "one"
    assert secret.stale_seconds > 0
    with pytest.raises(Unavailable, match=r"^AWSCURRENT of the secret 'app' cannot be read: KeyEr"):
        secret.refresh()
    world.accepts = set()
    with pytest.raises(WrongError):
        world.use(secret)


def test_without_a_thread_to_read_it_anew_the_known_value_serves_on(
    timed: Timed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = a_world()
    secret = timed(world)
    world.use(secret)
    world.advance(400)

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        assert world.use(secret) == "one"
    assert "no thread can be started" in caplog.text
    world.labels[CURRENT], world.accepts = "two", {"two"}
    world.advance(61)
    assert secret.current().text == "two", "once there are threads again it is read"


def test_one_that_was_never_read_is_not_stale(timed: Timed) -> None:
    world = a_world()
    secret = timed(world)
    world.failing[CURRENT] = Unavailable("down")
    with pytest.raises(Unavailable):
        secret.current()
    assert secret.stale_seconds == 0


def test_where_uses_are_limited_one_that_has_not_worked_is_tried_by_one_however_long_it_takes() -> (
    None
):
    """A server that answers wrong passwords late: those who wait do not all go at once."""
    verdicts, version = Verdicts(), Version("app", "v", text="one")
    assert verdicts.begin(version, 0.0, LOGINS_AT_ONCE, is_patient=True) == 0
    late = [verdicts.begin(version, 6.0, LOGINS_AT_ONCE, is_patient=False) for _ in range(29)]
    assert late.count(0) == 1
    assert verdicts.begin(version, 6.0, None, is_patient=False) == 0, "without a limit all go"


def test_where_nobody_has_answered_they_all_go_once_they_have_waited() -> None:
    verdicts, version = Verdicts(), Version("app", "v", text="one")
    assert verdicts.begin(version, 0.0, LOGINS_AT_ONCE, is_patient=True) == 0
    verdicts.leave(version, 0.0, is_aside=False)
    late = [verdicts.begin(version, 6.0, LOGINS_AT_ONCE, is_patient=False) for _ in range(29)]
    assert late == [0.0] * 29


def test_who_waits_is_told_of_every_login_that_ends() -> None:
    verdicts, version = Verdicts(), Version("app", "v", text="one")
    for began in (1.0, 2.0):
        verdicts.begin(version, began, None, is_patient=True)
    verdicts.accept(version, 2.0)
    news = verdicts.news
    verdicts.accept(version, 1.0)
    assert verdicts.news > news
