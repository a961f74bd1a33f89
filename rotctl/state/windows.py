"""When a secret is to rotate: a window of its own by the hash of its name, or what a person says.

The rules are Secrets Manager's (user guide, "Schedule expressions"): in UTC, every four hours at
most, minutes 0 and any year in cron(), and no window runs into the next day or the next window.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rotctl.trouble import Trouble

BETWEEN, HOURS = "01:00-05:00", 2  # unless a person says otherwise
_DAY = 24
_DAYS = 28  # that every month has
_LEAST, _MOST = 4, 999 * _DAY
_BETWEEN = re.compile(r"([0-9]{1,2}):00-([0-9]{1,2}):00")
_LENGTH = re.compile(r"([0-9]{1,2})h")
_RATE = re.compile(r"rate\(([0-9]+) (hours?|days?)\)")
_CRON = re.compile(
    r"cron\(0 (?:(?P<hour>[0-9]+)|[*]?(?=/))(?:/(?P<step>[1-9][0-9]*))?"
    r" (?P<days>\S+) \S+ (?P<weekdays>\S+) [*]\)"
)


@dataclass(frozen=True, slots=True)
class Rules:
    """RotationRules: the expression, and the window's hours; None for Secrets Manager's own."""

    expression: str
    hours: int | None

    def request(self) -> dict[str, str]:
        """As RotateSecret takes them."""
        duration = {} if self.hours is None else {"Duration": f"{self.hours}h"}
        return {"ScheduleExpression": self.expression, **duration}

    def words(self) -> str:
        """As a person reads them."""
        return self.expression + (f" for {self.hours}h" if self.hours else "")


Choice = Callable[[str], Rules]


def choice(schedule: str, between: str, window: str) -> Choice:
    """The rules of each secret by its name; all empty for the usual ones. Raises Trouble."""
    hours = length(window) if window else None
    if not schedule:
        hours = hours or HOURS
        opening = opening_hours(between or BETWEEN, hours)
        return lambda name: spread(name, opening, hours)
    if between:
        raise Trouble(
            "--schedule says when, and so does --between",
            do="give one of them: --between has each secret rotate once a month",
        )
    rules = given(schedule, hours)
    return lambda _name: rules


def spread(name: str, opening: Sequence[int], hours: int) -> Rules:
    """Once a month, on a day and at one of these hours that the name has for good."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    rest, day = divmod(number, _DAYS)
    hour = opening[rest % len(opening)]
    return Rules(f"cron(0 {hour} {day + 1} * ? *)", hours)


def opening_hours(between: str, hours: int) -> list[int]:
    """The hours at which a window may open that lies between two of the clock; raises Trouble."""
    found = _BETWEEN.fullmatch(between)
    first, last = (int(each) for each in found.groups()) if found else (_DAY, _DAY)
    if first >= _DAY or last > _DAY or first == last:
        raise Trouble(
            f"--between {between!r} is no time of the day in whole hours",
            do="give such as --between 22:00-04:00, in UTC",
        )
    end = last if last > first else last + _DAY
    opening = [hour % _DAY for hour in range(first, end - hours + 1) if hour % _DAY + hours <= _DAY]
    if not opening:
        raise Trouble(
            f"no window of {hours}h lies between {between}, within one day in UTC",
            do="give a shorter --window, or more hours with --between",
        )
    return opening


def length(text: str) -> int:
    """The hours of a window such as 3h; raises Trouble."""
    found = _LENGTH.fullmatch(text)
    if not found or not 1 <= int(found[1]) <= _DAY:
        raise Trouble(f"--window {text!r} is no time", do="give whole hours, such as --window 3h")
    return int(found[1])


def given(expression: str, hours: int | None) -> Rules:
    """What a person says; raises Trouble for what Secrets Manager is known to refuse."""
    starts = _starts(expression)
    if starts is None:
        raise Trouble(
            f"--schedule {expression!r} is none that Secrets Manager takes",
            do='give such as "rate(30 days)", of 4 hours at least, or "cron(0 3 1 * ? *)", with'
            " minutes 0, every year and one question mark",
        )
    gap = starts[1] - starts[0] if len(starts) > 1 else _DAY
    if hours is not None and (hours > gap or starts[-1] + hours > _DAY):
        raise Trouble(
            f"a window of {hours}h of {expression!r} runs into the next window or the next day",
            do="give a shorter --window",
        )
    return Rules(expression, hours)


def opens(expression: str, hours: int | None, shuts: datetime) -> datetime:
    """When the window opens that shuts then, in UTC.

    One without a length lasts an hour where there are several a day, and else until midnight. The
    hour at which one of `rate(36 hours)` opens is not known: it is taken for the whole day.
    """
    starts = _starts(expression) or [0]
    if hours is None and len(starts) > 1:
        hours = 1
    if hours is not None:
        return shuts - timedelta(hours=hours)
    last = shuts - timedelta(seconds=1)
    return last.replace(hour=starts[0], minute=0, second=0, microsecond=0)


def _starts(expression: str) -> Sequence[int] | None:
    """The hours of a day at which windows open; None for what is no schedule."""
    if rate := _RATE.fullmatch(expression):
        gap = int(rate[1]) * (_DAY if rate[2].startswith("day") else 1)
        return range(0, _DAY, gap) if _LEAST <= gap <= _MOST else None
    cron = _CRON.fullmatch(expression)
    if not cron or [cron["days"], cron["weekdays"]].count("?") != 1:
        return None
    return range(int(cron["hour"] or 0), _DAY, int(cron["step"] or _DAY)) or None
