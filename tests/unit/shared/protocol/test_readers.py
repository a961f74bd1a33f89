"""Who still uses an older credential: what the setting says, for how long, and in which words."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest

from shared.errors import Busy, Forbidden, Misconfigured, Unreachable
from shared.protocol.readers import Hold, Readers, session, warn_of
from tests.fake_ticket import FakeTicket
from tests.unit.shared.keys.test_issued import held

NOBODY = Readers((), "it ends")
SOMEBODY = Readers(["user 'app' from db"], "it ends")


@pytest.mark.parametrize(
    ("setting", "longest"),
    [
        ("", None),
        ("warn", None),
        ("hold", timedelta(days=7)),
        (" hold:90m ", timedelta(minutes=90)),
        ("hold:12h", timedelta(hours=12)),
        ("hold:30d", timedelta(days=30)),
    ],
)
def test_what_the_setting_says(setting: str, longest: timedelta | None) -> None:
    assert Hold.from_environment({"OLD_CREDENTIAL_IN_USE": setting}) == Hold(longest)


@pytest.mark.parametrize("setting", ["yes", "hold:", "hold:0d", "hold:7", "warn:7d", "hold:7d7d"])
def test_what_it_does_not_say(setting: str) -> None:
    with pytest.raises(Misconfigured, match="must be warn, hold or like hold:7d") as caught:
        Hold.from_environment({"OLD_CREDENTIAL_IN_USE": setting})
    assert caught.value.field == "OLD_CREDENTIAL_IN_USE"


def ticket(*, over: timedelta, stored: bool = False) -> FakeTicket:
    """Of a rotation whose time to wait is over since so long, by a hold of a day."""
    due = datetime.now(UTC) - timedelta(days=1) - over
    return FakeTicket(due=due, allow_changes=True, pending_key=held("b2") if stored else None)


def never() -> NoReturn:
    raise AssertionError("nobody has to be asked")


def test_it_waits_until_the_time_is_over_and_not_longer() -> None:
    hold = Hold(timedelta(days=1))
    before = ticket(over=-timedelta(seconds=5))
    with pytest.raises(Busy, match="still in use: user 'app' from db; let that") as caught:
        hold.wait(before, lambda: SOMEBODY)
    until = (before.due + timedelta(days=1)).isoformat(timespec="seconds")
    assert (
        f"waits until {until}, and no longer; it ends; if a credential has leaked"
        in caught.value.do
    )
    hold.wait(before, lambda: NOBODY)
    hold.wait(ticket(over=timedelta(seconds=0)), never)


def test_without_being_asked_to_it_never_waits() -> None:
    Hold().wait(ticket(over=-timedelta(days=1)), never)


def test_a_stored_version_is_not_held_up() -> None:
    Hold(timedelta(days=1)).wait(ticket(over=-timedelta(hours=1), stored=True), lambda: SOMEBODY)


def raising(error: Exception) -> Callable[[], NoReturn]:
    def look() -> NoReturn:
        raise error

    return look


def test_where_the_target_does_not_tell(caplog: pytest.LogCaptureFixture) -> None:
    hold, at = Hold(timedelta(days=1)), ticket(over=-timedelta(hours=1))
    hold.wait(at, raising(Forbidden("not shown", do="GRANT it")))
    (line,) = caplog.messages
    assert line == "OLD_CREDENTIAL_IN_USE=hold is not kept: not shown; GRANT it"
    with pytest.raises(Unreachable):  # which says nothing of who is there
        hold.wait(at, raising(Unreachable("no answer", do="wait")))
    warn_of(raising(Unreachable("no answer", do="wait")))
    assert len(caplog.messages) == 1


def test_a_few_are_told_and_how_many_more(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    found = [f"user {n}" for n in range(8) for _ in range(8 - n)]
    warn_of(lambda: Readers(found, "it ends"))
    said = "an older credential is still in use: {}; it ends"
    times = ["user 0, 8 times", "user 1, 7 times", "user 2, 6 times", "user 3, 5 times"]
    expected = [*times, "user 4, 4 times", "6 more"]
    assert caplog.messages == [said.format(each) for each in expected]


def test_what_an_application_says_of_itself_is_bounded_and_on_one_line() -> None:
    name = "a\n\x1b[2J\u202e'" + "x" * 100
    told = session("o'app", "10.0.0.7", name)
    assert told == f'user "o\'app" from 10.0.0.7 as {name[:63]!r}'
    assert told.isprintable()
    assert session("app", "10.0.0.7") == "user 'app' from 10.0.0.7"
