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
    date, days = described.get("NextRotationDate"), _days(described)
    if isinstance(date, datetime) and date > now:
        dates.append(date)
    if days is not None:
        dates.append(now + timedelta(days=days))
    return max(dates, default=None)


def _days(described: Mapping[str, Any]) -> int | None:
    days = described.get("RotationRules", {}).get("AutomaticallyAfterDays")
    return days if isinstance(days, int) else None
