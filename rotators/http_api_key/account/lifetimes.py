"""When a key ends that an issuer has just made, and whether that is sooner than was asked."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from rotators.http_api_key.description import times
from rotators.http_api_key.description.model import Description, names_in

LIMITS = frozenset({"lifetime", "ends"})  # the names after `kept.` that a request may have of it
# Between the issuer's clock and ours; each lifetime is measured by the issuer's own.
_CLOCKS = timedelta(minutes=1)


def end_asked_for(
    description: Description, kept: Mapping[str, object], now: datetime
) -> datetime | None:
    """When a key ends that was asked for at this moment; None where no end was asked for."""
    lifetime = kept.get("lifetime")
    if description.kept_names.isdisjoint(LIMITS) or not isinstance(lifetime, int):
        return None
    forms = [n.form for n in names_in(description.renew) if (n.root, n.field) == ("kept", "ends")]
    return times.end(now, lifetime, forms[0] if forms else "")


def shortfall(
    description: Description, kept: Mapping[str, object], now: datetime, ends: datetime | None
) -> str | None:
    """How a new key's end is nearer than its predecessor's lifetime; None where it is not.

    ends: by the issuer's answer. Only where the issuer also tells the current key's end.
    """
    told = (description.list, description.slot_list, *description.inspect)
    if ends is None or not any("expires" in request.found for request in told if request):
        return None
    if "lifetime" not in kept:
        return "ends at a date, and the current one does not"
    wanted = end_asked_for(description, kept, now)
    # Midnight is how some issuers write a date, of which all of the day is meant.
    is_date = ends == ends.replace(hour=0, minute=0, second=0, microsecond=0)
    latest = times.later(ends, timedelta(days=1).total_seconds()) if is_date else ends
    if wanted is None or latest + _CLOCKS >= wanted:
        return None
    return f"ends at {ends.isoformat(timespec='seconds')}, sooner than the current one's lifetime"
