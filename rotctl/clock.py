"""The machine's time, from one place, so that a test can look at the world an hour later."""

from datetime import UTC, datetime


def utc(moment: datetime | None) -> datetime | None:
    """The same moment in UTC: the SDK's are in the machine's own zone."""
    return moment.astimezone(UTC) if moment else None


def now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
