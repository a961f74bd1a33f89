"""When Secrets Manager rotates a secret next, by what DescribeSecret answers in a rotation."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any


def next_rotation(described: Mapping[str, Any]) -> datetime | None:
    """The date after the rotation that is under way; None where the answer does not tell.

    While a rotation is under way, NextRotationDate may still be that one's own window: of the
    date and the interval from now, the later one is the next.
    """
    now = datetime.now(UTC)
    dates: list[datetime] = []
    date, days = described.get("NextRotationDate"), interval(described)
    if isinstance(date, datetime) and date > now:
        dates.append(date)
    if days is not None:
        dates.append(now + days)
    return max(dates, default=None)


def day_due(since: datetime, interval: timedelta | None) -> datetime:
    """The end of the day, in UTC, so long after this: a schedule's window is open until then.

    Unless it is given a shorter Duration (user guide, "Schedule expressions"); the schedule of
    AutomaticallyAfterDays is of days as well.
    """
    day = (since + (interval or timedelta())).astimezone(UTC)
    return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def interval(described: Mapping[str, Any]) -> timedelta | None:
    """The whole days between two rotations; None where the answer does not tell.

    Of a schedule expression it tells them once a rotation has succeeded (fact 19).
    """
    days = described.get("RotationRules", {}).get("AutomaticallyAfterDays")
    return timedelta(days=days) if isinstance(days, int) else None
