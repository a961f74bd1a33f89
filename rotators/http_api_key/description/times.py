"""Moments and lengths of time as issuers want them written, never shorter than they are."""

import math
from datetime import UTC, datetime, timedelta

from rotators.http_api_key.description.names import UNITS

# An issuer's own times of one key differ by what it took to make it: an hour and two seconds are
# an hour. Half a second less than five, since lengths of time are rounded to whole seconds.
TOLERANCE_SECONDS = 4.5
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def later(moment: datetime, seconds: float) -> datetime:
    """So many seconds later; of what never ends, as some issuers write it, the last year's end."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return _LAST


def in_units(lifetime: float, unit: str) -> int:
    """A length of time in whole units, rounded up and at least one."""
    return max(1, math.ceil((lifetime - TOLERANCE_SECONDS) / UNITS[unit]))


def end(now: datetime, lifetime: int, form: str) -> datetime:
    """When a key ends that is made now and lives as long as one that lived so many seconds.

    A date is so many days after today: the lifetime of a key that ends with a day is always a
    part of a day less. Any other form is exact to the minute, which is rounded up.
    """
    if form != "date":
        return later(now, in_units(lifetime, "minutes") * UNITS["minutes"])
    # As much as the tolerance takes off a length of time, so that no time of day loses a day.
    today = later(now, TOLERANCE_SECONDS).replace(hour=0, minute=0, second=0, microsecond=0)
    return later(today, in_units(lifetime, "days") * UNITS["days"])


def written(moment: datetime, form: str) -> str | int:
    """A moment in one of TIME_FORMS."""
    match form:
        case "date":
            return moment.date().isoformat()
        case "unix":
            return int(moment.timestamp())
        case "ms":
            return int(moment.timestamp() * 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
