"""When a secret is to rotate: a window of its own by the hash of its name, or what a person says.

The rules are Secrets Manager's (user guide, "Schedule expressions"): in UTC, every four hours at
most, minutes 0 and any year in cron(), and no window runs into the next day or the next window.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rotctl.trouble import Trouble

BETWEEN, HOURS = "01:00-05:00", 2  # unless a person says otherwise
_DAY = 24
_DAYS = 28  # that every month has
_LEAST, _MOST = 4, 999 * _DAY
_BETWEEN = re.compile(r"([0-9]{1,2}):00-([0-9]{1,2}):00")
_LENGTH = re.compile(r"([0-9]{1,2})h")
_RATE = re.compile(r"rate\(([0-9]+) (hours?|days?)\)")
_CRON = re.compile(r"cron\(0 (\S+) (\S+) \S+ (\S+) \*\)")


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
    rate, cron = _RATE.fullmatch(expression), _CRON.fullmatch(expression)
    if rate:
        gap = int(rate[1]) * (_DAY if rate[2].startswith("day") else 1)
        is_right = _LEAST <= gap <= _MOST
    else:
        gap = _DAY
        is_right = cron is not None and [cron[2], cron[3]].count("?") == 1
    if not is_right:
        raise Trouble(
            f"--schedule {expression!r} is none that Secrets Manager takes",
            do='give such as "rate(30 days)", of 4 hours at least, or "cron(0 3 1 * ? *)", with'
            " minutes 0, every year and one question mark",
        )
    last = int(cron[1]) if cron and cron[1].isdecimal() else 0
    if rate and gap < _DAY:
        last = (_DAY - 1) // gap * gap
    if hours is not None and (hours > gap or last + hours > _DAY):
        raise Trouble(
            f"a window of {hours}h of {expression!r} runs into the next window or the next day",
            do="give a shorter --window",
        )
    return Rules(expression, hours)
