"""Moments in UTC as they are shown: to the minute for a person, ISO 8601 for a program."""

from datetime import UTC, datetime


def short(moment: datetime | None) -> str:
    """2026-11-30 03:12, of a moment of any time zone, or a dash."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment else "-"


def iso(moment: datetime | None) -> str | None:
    """2026-11-30T03:12:45Z, of a moment of any time zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None


def clock(moment: str | None) -> str:
    """03:12:45 of 2026-11-30T03:12:45Z; as many spaces for none."""
    return moment[11:19] if moment else " " * 8
