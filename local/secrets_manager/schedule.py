"""RotationRules: what is accepted, and when the next rotation window opens and shuts (fact 19)."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.secrets_manager import cron, errors

_DAY = 24
_DAY_SECONDS = 24 * 3600
_MAX_DAYS = 1000
_MAX_RATE_DAYS = 999
_RATE = re.compile(r"rate\((\d+) (hours?|days?)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_DURATION = re.compile(r"([0-9]{1,2})h")


@dataclass(frozen=True, slots=True)
class Rate:
    """Every `gap` hours, counted from the midnight before."""

    gap: int

    @property
    def hours(self) -> tuple[int, ...]:
        """The hours of the first day at which windows open."""
        return tuple(range(0, _DAY, self.gap))

    def next(self, after: datetime) -> datetime:
        """The first opening later than `after`; for days, the midnight that many days on."""
        start = datetime(after.year, after.month, after.day, tzinfo=UTC)
        while start <= after:
            start += timedelta(hours=self.gap)
        return start


# What says when windows open.
Starts = cron.Cron | Rate


@dataclass(frozen=True, slots=True)
class Window:
    """Unix seconds between which the service rotates; it does so as the window opens."""

    opens: float
    shuts: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """Accepted rules: as they were given, for DescribeSecret, and the windows they mean."""

    given: Mapping[str, Any]
    starts: Starts
    duration: int | None

    def next(self, after: float) -> Window | None:
        """The first window that opens later than `after`, in Unix seconds."""
        opens = self.starts.next(datetime.fromtimestamp(after, UTC))
        if opens is None:
            return None
        hours = self.duration or (1 if self.starts.gap < _DAY else _DAY - opens.hour)
        return Window(opens.timestamp(), (opens + timedelta(hours=hours)).timestamp())

    def days(self, rotated: float) -> int | None:
        """AutomaticallyAfterDays that the service shows beside a ScheduleExpression.

        The API reference: "calculated from the rotation schedule after every successful rotation";
        Terraform's provider: "the number of days between rotations". For `rate(10 days)` that was
        seen to be 10 (terraform-provider-aws 34295). For cron() and hours it is assumed: the days
        from the rotation until the next window opens, a part of one counted as one.
        """
        window = self.next(rotated) if "ScheduleExpression" in self.given else None
        return math.ceil((window.opens - rotated) / _DAY_SECONDS) if window else None


def parse(rules: Mapping[str, Any]) -> Schedule | None:
    """The rules of RotateSecret, None where they are empty; raises InvalidParameterException."""
    days, expression = rules.get("AutomaticallyAfterDays"), rules.get("ScheduleExpression")
    if days is not None and expression is not None:
        raise errors.invalid_parameter(
            # AWS's words: terraform-provider-aws 33329.
            "You cannot specify both rotation frequency and schedule expression together."
        )
    if expression is not None:
        starts = _parse_expression(str(expression))
    elif days is not None:
        starts = _parse_days(int(days))
    elif "Duration" in rules:
        raise errors.invalid_parameter(
            "Invalid Duration: without ScheduleExpression or AutomaticallyAfterDays."
        )
    else:
        return None
    duration = _parse_duration(rules.get("Duration"), starts)
    return Schedule(dict(rules), starts, duration)


def _parse_days(days: int) -> Starts:
    if not 1 <= days <= _MAX_DAYS:
        raise errors.invalid_parameter(
            f"RotationRules.AutomaticallyAfterDays must be within 1-{_MAX_DAYS}."
        )
    return Rate(days * _DAY)


def _parse_expression(expression: str) -> Starts:
    if matched := _CRON.fullmatch(expression):
        return cron.parse(matched[1])
    matched = _RATE.fullmatch(expression)
    if not matched:
        raise cron.invalid("it must be rate(number unit) or cron(fields)")
    number, in_days = int(matched[1]), matched[2].startswith("day")
    hours = number * _DAY if in_days else number
    if not cron.MIN_HOURS <= hours <= _MAX_RATE_DAYS * _DAY:
        raise cron.invalid(f"a rate is {cron.MIN_HOURS} hours to {_MAX_RATE_DAYS} days")
    return Rate(hours)


def _parse_duration(text: str | None, starts: Starts) -> int | None:
    """The window's hours; it may run neither into the next UTC day nor the next window."""
    if text is None:
        return None
    matched = _DURATION.fullmatch(text)
    hours = int(matched[1]) if matched else 0
    if hours < 1:
        raise errors.invalid_parameter("Invalid Duration: it must be hours, such as 3h.")
    if hours > starts.gap:
        raise errors.invalid_parameter(
            "Invalid Duration: the window must not extend into the next rotation window."
        )
    if starts.hours[-1] + hours > _DAY:
        raise errors.invalid_parameter(
            "Invalid Duration: the window must not extend into the next UTC day."
        )
    return hours
