"""What a key lives for stays what it is, in the issuer's unit, whenever it is rotated."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rotators.http_api_key.description.templates import Template, Values

START = datetime(2026, 1, 1, tzinfo=UTC)
UNIT_SECONDS = {"minutes": 60, "hours": 3600, "days": 86400}
times_of_day = st.integers(0, 86_399_999)  # in milliseconds
# Of a rotation: how many days after the one before, and at which time of the day.
moments = st.lists(st.tuples(st.integers(1, 400), st.floats(0, 86399.999)), min_size=1, max_size=30)
# What an issuer's clock is ahead of ours, or what it took to make the key.
noises = st.lists(st.floats(0, 4), min_size=31, max_size=31)


def instants(rotations: list[tuple[int, int]]) -> Iterator[datetime]:
    day = START
    for days, milliseconds in rotations:
        day += timedelta(days=days)
        yield day + timedelta(milliseconds=milliseconds)


def asked(template: str, now: datetime, lifetime: int) -> Any:  # noqa: ANN401 - any JSON
    return Template.parse(template).value(Values(kept={"lifetime": lifetime}, now=now))


def listed(created: datetime, ends: datetime) -> int:
    """The lifetime as a list shows it."""
    return round((ends - created).total_seconds())


@given(days=st.integers(1, 4000), first=times_of_day, rotations=moments)
@example(days=14, first=36_000_000, rotations=[(7, 36_000_000)] * 200)
@example(days=3, first=86_399_000, rotations=[(1, 86_399_000)] * 200)
def test_a_token_of_so_many_days_stays_one(
    days: int, first: int, rotations: list[tuple[int, int]]
) -> None:
    """Of an issuer whose tokens end as a day begins, as GitLab's do."""
    created = START + timedelta(milliseconds=first)
    lifetime = listed(created, START + timedelta(days=days))
    # One that was made as a day ended has hardly more than the whole days after it.
    asked_for = days if first < 86_395_500 else max(1, days - 1)
    for now in instants(rotations):
        date = asked("{kept.ends|date}", now, lifetime)
        ends = datetime.fromisoformat(date).replace(tzinfo=UTC)
        today = (now + timedelta(seconds=4.5)).date()
        assert (ends.date() - today).days == asked_for
        assert asked_for - 1 <= (ends - now).total_seconds() / 86400 <= asked_for + 5 / 86400
        lifetime = listed(now, ends)


@given(
    number=st.integers(1, 5000),
    unit=st.sampled_from(sorted(UNIT_SECONDS)),
    noise=noises,
)
def test_whole_units_stay_what_they_are(number: int, unit: str, noise: list[float]) -> None:
    """Whatever of up to four seconds an issuer's own times of a key are apart."""
    for each in noise:
        for lifetime in (number * UNIT_SECONDS[unit] + each, number * UNIT_SECONDS[unit] - each):
            assert asked(f"{{kept.lifetime|{unit}}}", START, round(lifetime)) == number


@given(lifetime=st.integers(0, 10**9), unit=st.sampled_from(sorted(UNIT_SECONDS)))
def test_a_part_of_a_unit_is_rounded_up(lifetime: int, unit: str) -> None:
    seconds = asked(f"{{kept.lifetime|{unit}}}", START, lifetime) * UNIT_SECONDS[unit]
    assert lifetime - 5 <= seconds
    assert seconds < lifetime + UNIT_SECONDS[unit] or seconds == UNIT_SECONDS[unit]


@given(lifetime=st.integers(300, 10**8), noise=noises, now=st.datetimes(START.replace(tzinfo=None)))
def test_an_exact_end_is_no_second_earlier_each_time(
    lifetime: int, noise: list[float], now: datetime
) -> None:
    """What it takes to make a key is not taken off its successor's life, and grows no minute."""
    now = now.replace(tzinfo=UTC, year=2026)
    at_first = asked("{kept.ends|unix}", now, lifetime) - int(now.timestamp())
    assert lifetime - 5 <= at_first < lifetime + 60
    for each in noise:
        ends = asked("{kept.ends|unix}", now, lifetime)
        created = now + timedelta(seconds=each)
        lifetime = round(ends - created.timestamp())
        assert asked("{kept.ends|unix}", now, lifetime) - int(now.timestamp()) == at_first


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{kept.lifetime}", 90_061),
        ("{kept.lifetime|days}", 2),
        ("{kept.lifetime|hours}", 26),
        ("{kept.lifetime|minutes}", 1501),
        ("{kept.lifetime}s", "90061s"),
        ("{kept.lifetime|hours}h", "26h"),
        ("{kept.ends|date}", "2026-01-03"),
        ("{kept.ends}", "2026-01-02T01:01:00Z"),
        ("{kept.ends+1h}", "2026-01-02T02:01:00Z"),
    ],
)
def test_as_it_is_written(template: str, value: object) -> None:
    # A day, an hour, a minute and a second, of which the tolerance takes the second.
    assert asked(template, START, 90_061) == value


@pytest.mark.parametrize("template", ["{kept.ends}", "{kept.ends|date}", "{kept.ends|ms}"])
def test_what_never_ends_as_some_issuers_write_it(template: str) -> None:
    assert str(asked(template, START, 10**12)).startswith(("9999-12-31", "253402300"))
