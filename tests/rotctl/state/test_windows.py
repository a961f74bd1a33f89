"""The windows that secrets get: spread, the same each time, and such as Secrets Manager takes."""

import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from local.secrets_manager.errors import Refusal
from local.secrets_manager.schedule import parse
from rotctl.state import windows
from rotctl.trouble import Trouble

NAMES = [f"app/{number}/db" for number in range(10_000)]
HOURS = st.integers(0, 24)


def test_ten_thousand_secrets_are_spread_evenly_and_each_keeps_its_window() -> None:
    rules = windows.choice("", "22:00-04:00", "1h")
    found = [rules(name) for name in NAMES]
    assert found == [windows.choice("", "22:00-04:00", "1h")(name) for name in NAMES]
    fields = [each.expression.removeprefix("cron(").split() for each in found]
    hours, days = Counter(each[1] for each in fields), Counter(each[2] for each in fields)
    assert set(hours) == {"22", "23", "0", "1", "2", "3"}
    assert set(days) == {str(day) for day in range(1, 29)}
    windows_ = Counter(found)
    # Of each as many as of any other, give or take chance: six deviations of a fair choice.
    for counted, kinds in ((hours, 6), (days, 28), (windows_, 6 * 28)):
        mean = len(NAMES) / kinds
        assert len(counted) == kinds
        assert all(abs(each - mean) < 6 * mean**0.5 for each in counted.values())
    for each in windows_:
        assert parse(each.request()) is not None


@given(HOURS, HOURS, st.integers(1, 24), st.text(min_size=1, max_size=20))
def test_a_window_lies_between_the_hours_and_within_a_day(
    first: int, last: int, hours: int, name: str
) -> None:
    try:
        rules = windows.choice("", f"{first:02}:00-{last}:00", f"{hours}h")(name)
    except Trouble as trouble:
        assert trouble.do.startswith(("give such as --between", "give a shorter --window"))
        return
    schedule = parse(rules.request())
    assert schedule is not None
    (opens,) = schedule.starts.hours
    assert schedule.duration == hours
    end = last if last > first else last + 24
    assert any(first <= each and each + hours <= end for each in (opens, opens + 24))


def test_without_a_word_it_is_two_hours_of_the_night() -> None:
    rules = windows.choice("", "", "")
    assert {rules(name).expression.split()[1] for name in NAMES[:100]} == {"1", "2", "3"}
    assert rules("app/db").words() == f"{rules('app/db').expression} for 2h"


RATE = st.builds(
    "rate({} {})".format, st.integers(0, 1200), st.sampled_from(["hour", "hours", "day", "days"])
)
FIELD = st.sampled_from(
    ["0", "1", "3", "7", "22", "*", "?", "/8", "*/6", "2/10", "20/10", "L", "MON", "1,15", "5-9"]
)
CRON = st.builds(
    "cron({} {} {} {} {} {})".format,
    st.sampled_from(["0", "0", "0", "5", "*"]), FIELD, FIELD, FIELD, FIELD,
    st.sampled_from(["*", "*", "2026"]),
)  # fmt: skip
DAYS = st.sampled_from(["* * ?", "1,15 * ?", "L */3 ?", "? * MON", "? 5-9 3#1"])
RIGHT_CRON = st.builds("cron(0 {} {} *)".format, FIELD, DAYS)


@given(st.one_of(RATE, CRON, RIGHT_CRON, st.text(max_size=12)), st.none() | st.integers(1, 24))
def test_what_is_refused_beforehand_is_what_secrets_manager_refuses(
    expression: str, hours: int | None
) -> None:
    try:
        rules = windows.given(expression, hours)
    except Trouble:
        request = {"ScheduleExpression": expression}
        with pytest.raises(Refusal):
            parse({**request, "Duration": f"{hours}h"} if hours else request)
    else:
        assert rules.request()["ScheduleExpression"] == expression


@given(
    st.one_of(RATE, RIGHT_CRON),
    st.none() | st.integers(1, 6),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 the zone is given
)
def test_a_window_opens_when_secrets_manager_opens_it(
    expression: str, hours: int | None, now: datetime
) -> None:
    rate = re.fullmatch(r"rate\((\d+) hours?\)", expression)
    assume(not rate or int(rate[1]) < 24 or int(rate[1]) % 24 == 0)
    try:
        schedule = parse(windows.Rules(expression, hours).request())
    except Refusal:
        return
    window = schedule.next(now.timestamp()) if schedule else None
    if window is not None:
        shuts = datetime.fromtimestamp(window.shuts, UTC)
        assert windows.opens(expression, hours, shuts).timestamp() == window.opens


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        (("rate(3 hours)", "", ""), "--schedule 'rate(3 hours)' is none that"),
        (("cron(5 3 1 * ? *)", "", ""), "--schedule 'cron(5 3 1 * ? *)' is none that"),
        (("daily", "", ""), 'give such as "rate(30 days)"'),
        (("rate(30 days)", "01:00-05:00", ""), "--schedule says when, and so does --between"),
        (("cron(0 22 1 * ? *)", "", "3h"), "runs into the next window or the next day"),
        (("rate(5 hours)", "", "5h"), "runs into the next window or the next day"),
        (("", "1-5", ""), "is no time of the day in whole hours"),
        (("", "03:00-03:00", ""), "is no time of the day in whole hours"),
        (("", "23:00-01:00", "2h"), "no window of 2h lies between 23:00-01:00"),
        (("", "", "0h"), "--window '0h' is no time"),
        (("", "", "90m"), "give whole hours, such as --window 3h"),
    ],
)  # fmt: skip
def test_what_is_no_window_is_told(given_: tuple[str, str, str], says: str) -> None:
    with pytest.raises(Trouble) as raised:
        windows.choice(*given_)
    assert says in str(raised.value)
