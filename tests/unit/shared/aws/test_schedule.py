"""When the next rotation is due, by what DescribeSecret answers while one is under way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.aws.schedule import next_rotation

DAY = timedelta(days=1)


def described(date: timedelta | None, days: int | None, expression: str | None = None) -> Any:  # noqa: ANN401 - as boto3 has it
    rules = {"AutomaticallyAfterDays": days, "ScheduleExpression": expression}
    rules = {name: value for name, value in rules.items() if value is not None}
    answer: dict[str, Any] = {"RotationRules": rules} if rules else {}
    if date is not None:
        answer["NextRotationDate"] = datetime.now(UTC) + date
    return answer


@pytest.mark.parametrize(
    ("date", "days", "expected"),
    [
        (30 * DAY, 30, 30 * DAY),
        (0.2 * DAY, 30, 30 * DAY),  # the window that this rotation is in
        (-2 * DAY, 30, 30 * DAY),  # overdue
        (7 * DAY, None, 7 * DAY),  # a cron expression
        (-2 * DAY, None, None),
        (None, 7, 7 * DAY),
        (None, None, None),
    ],
)
def test_the_date_after_this_rotation(
    date: timedelta | None, days: int | None, expected: timedelta | None
) -> None:
    found = next_rotation(described(date, days))
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert abs(found - datetime.now(UTC) - expected) < timedelta(minutes=1)
