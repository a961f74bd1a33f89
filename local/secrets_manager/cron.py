"""cron() as Secrets Manager takes it: hours, days, months and weekdays in UTC (fact 19).

What the user guide's table of each field has is accepted, and nothing else: so no `W`, `LW`, `L-3`,
no range that wraps, and in the hours no list and no range.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dateutil.rrule import MONTHLY, rrule, weekday

from local.secrets_manager import errors

MIN_HOURS = 4
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# `*`, or a value or a range, or nothing before a step; then a step.
_ITEM = re.compile(r"(?:[*]|(\w+)(?:-(\w+))?|(?=/))(?:/([0-9]+))?")
_HOURS = re.compile(r"[*]|[0-9]+|([*]|[0-9]+)?/[0-9]+")
_LAST_NAMED = re.compile(f"({'|'.join(_WEEKDAYS)})L")
_FIELDS = 6
# Leap days and "fifth Monday" come at least once in this time.
_HORIZON = timedelta(days=366 * 8)


@dataclass(frozen=True, slots=True)
class Cron:
    """The hours of a day it starts at, and the days it runs on, by rrule's names."""

    hours: tuple[int, ...]
    days: Mapping[str, Any]

    def next(self, after: datetime) -> datetime | None:
        """The first start later than `after`; None if there is none in eight years."""
        midnight = datetime(after.year, after.month, after.day, tzinfo=UTC)
        within = {"dtstart": midnight, "until": midnight + _HORIZON}
        at = {"byhour": self.hours, "byminute": 0, "bysecond": 0}
        start: datetime | None = rrule(MONTHLY, **within, **at, **self.days).after(after)
        return start

    @property
    def gap(self) -> int:
        """The fewest hours between two starts, taking it that it runs every day."""
        later = (*self.hours[1:], self.hours[0] + 24)
        return min(b - a for a, b in zip(self.hours, later, strict=True))


def parse(text: str) -> Cron:
    """The six fields between cron's brackets; raises InvalidParameterException."""
    fields = text.upper().split()
    if len(fields) != _FIELDS:
        raise invalid(f"cron() takes {_FIELDS} fields")
    minutes, hours, days, months, weekdays, year = fields
    if minutes != "0":
        raise invalid("the minutes field of cron() must be 0")
    if year != "*":
        raise invalid("the year field of cron() must be *")
    if (days == "?") == (weekdays == "?"):
        raise invalid("one of cron()'s day-of-month and day-of-week must be ?")
    if not _HOURS.fullmatch(hours):
        raise invalid("the hours field of cron() must be an hour or increments such as 2/10")
    cron = Cron(
        hours=tuple(sorted(_numbers(hours, range(24), ()))),
        days={
            "bymonth": sorted(_numbers(months, range(1, 13), _MONTHS)),
            **(_month_days(days) if weekdays == "?" else _weekdays(weekdays)),
        },
    )
    if cron.gap < MIN_HOURS:
        raise invalid(f"a secret can be rotated every {MIN_HOURS} hours at most")
    return cron


def invalid(why: str) -> Exception:
    """The refusal of a schedule; AWS's own text for each case is not published."""
    return errors.invalid_parameter(f"Invalid ScheduleExpression: {why}.")


def _month_days(field: str) -> dict[str, Any]:
    if _LAST_NAMED.fullmatch(field):  # so the guide has it, in this field's row
        return _weekdays(field)
    last = field == "L"
    return {"bymonthday": -1 if last else sorted(_numbers(field, range(1, 32), ()))}


def _weekdays(field: str) -> dict[str, Any]:
    which = None
    if field == "L":
        field = _WEEKDAYS[-1]
    elif nth := re.fullmatch(r"(\w+)(?:#([1-5])|L)", field):
        field, which = nth[1], int(nth[2] or -1)
    found = sorted(_numbers(field, range(1, 8), _WEEKDAYS))
    # AWS's week begins with Sunday as 1, rrule's with Monday as 0.
    return {"byweekday": [weekday((day + 5) % 7, which) for day in found]}


def _numbers(field: str, allowed: range, names: list[str] | tuple[()]) -> set[int]:
    """A list of values, ranges and steps: `1,4-6,8/2`, `*`, `*/6`, `/6`, `MON-FRI`."""
    found: set[int] = set()
    for item in field.split(","):
        matched = _ITEM.fullmatch(item)
        if not matched:
            raise _wrong(item)
        first, last, step = matched.groups()
        # A step without a start is from the lowest: `/8` is every eight hours from midnight.
        low = _number(first, allowed, names) if first else allowed[0]
        high = allowed[-1] if step or not first else low
        if last:
            high = _number(last, allowed, names)
        if high < low or (step and int(step) == 0):
            raise _wrong(item)
        found.update(range(low, high + 1, int(step or 1)))
    return found


def _number(text: str, allowed: range, names: list[str] | tuple[()]) -> int:
    if text in names:
        return names.index(text) + allowed[0]
    if not text.isdecimal() or int(text) not in allowed:
        raise _wrong(text)
    return int(text)


def _wrong(item: str) -> Exception:
    return invalid(f"{item} is not a value of cron()")
