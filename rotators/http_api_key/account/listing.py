"""What an issuer lists of accepted keys: ids, labels, times, and a part of their values."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from rotators.http_api_key.account.shown import is_of
from rotators.http_api_key.description.expressions import Found
from rotators.http_api_key.description.model import LISTED
from rotators.http_api_key.http.answers import Reply
from shared.document.encoding import encodable
from shared.secret import Secret

_MILLISECONDS = 1e11  # Unix times above are not in seconds


@dataclass(frozen=True, slots=True)
class ListedKey:
    """See OwnedKey; `lifetime` in `kept` is None where the key ends and nobody can tell when.

    has_unread_use: whether the list says of its last use what is no time; shown: the part of its
    value that the issuer shows; is_shown_alone: whether it shows no other key so; item: the JSON
    that the list has of it.
    """

    key_id: str = field(repr=False)  # it may be confidential
    label: str
    created: datetime | None = None
    kept: Mapping[str, object] = field(default_factory=dict)
    ends: datetime | None = None
    last_used: datetime | None = None
    has_unread_use: bool = False
    shown: object = field(default=None, repr=False)
    is_shown_alone: bool = True
    item: object = field(default=None, repr=False)

    def shows(self, key: Secret, /) -> bool | None:
        """Whether the part of its value that the issuer shows is of this; None: it shows none."""
        verdict = is_of(self.shown, key)
        # What all keys of the issuer begin with tells none of them from another.
        return None if verdict and not self.is_shown_alone else verdict


def read_list(reply: Reply) -> list[ListedKey]:
    """The keys on one page of a list, without those that are no accepted ones.

    Raises Misconfigured for a page without a list, and for a key without an id.
    """
    request = reply.request
    items = reply.find(request.found["keys"])
    if not isinstance(items, list):
        raise reply.finds_nothing(request.found["keys"])
    keys = []
    for item in items:
        if any(condition.holds(item) for condition in request.skip):
            continue
        key = read_key(request.found, _searching(item), item)
        if key is None:
            raise reply.finds_nothing(request.found["id"])
        keys.append(key)
    return keys


def told_apart(keys: Sequence[ListedKey]) -> list[ListedKey]:
    """The same keys, each with whether another one is shown alike."""
    times = Counter(key.shown for key in keys if isinstance(key.shown, str))
    return [
        replace(key, is_shown_alone=False)
        if isinstance(key.shown, str) and times[key.shown] > 1
        else key
        for key in keys
    ]


def read_key(
    found: Mapping[str, Found], find: Callable[[Found], object], item: object = None
) -> ListedKey | None:
    """One key, in whose JSON `found` finds its parts; None for what has no id.

    find: what is found of a part; item: see ListedKey.
    """
    values = {name: find(part) for name, part in found.items() if name != "keys"}
    key_id = id_of(values.get("id")) if "id" in found else ""
    if key_id is None:
        return None
    created, ends = time_of(values.get("created")), time_of(values.get("expires"))
    last_used = time_of(values.get("last_used"))
    kept = {
        name: value for name, value in values.items() if name not in LISTED and value is not None
    }
    if values.get("expires") is not None:
        kept["lifetime"] = _lifetime(created, ends)
    label = values.get("label")
    return ListedKey(
        key_id,
        label if isinstance(label, str) else "",
        created,
        kept,
        ends,
        last_used,
        has_unread_use=last_used is None and values.get("last_used") is not None,
        shown=values.get("shown"),
        item=item,
    )


def with_parts(listed: ListedKey, found: Mapping[str, Found], reply: Reply) -> ListedKey:
    """The same key, with what another answer tells of it as well."""
    more = read_key({n: f for n, f in found.items() if n not in ("id", "label")}, reply.find)
    if more is None:  # which is for want of an id only
        return listed
    created, ends = more.created or listed.created, more.ends or listed.ends
    kept = {**listed.kept, **more.kept}
    if "expires" in found and more.ends is not None:
        kept["lifetime"] = _lifetime(created, more.ends)
    shown = listed.shown if more.shown is None else more.shown
    return replace(listed, created=created, ends=ends, kept=kept, shown=shown)


def id_of(value: object) -> str | None:
    """An id as it stands in a path, from a string or a whole number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return text if encodable(text := str(value)) else None


def time_of(value: object) -> datetime | None:
    """A time that an issuer wrote: ISO 8601, or seconds or milliseconds since 1970; else None."""
    try:
        if isinstance(value, str) and not value.isdecimal():
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, str | int | float):
            seconds = float(value)
            return datetime.fromtimestamp(
                seconds / 1000 if seconds > _MILLISECONDS else seconds, UTC
            )
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _lifetime(created: datetime | None, ends: datetime | None) -> int | None:
    """Its seconds; None where nobody can tell.

    A key that ended before it was made is one that never ends, as some issuers write that: as 0,
    or as the first day of the year 1.
    """
    seconds = round((ends - created).total_seconds()) if ends and created else 0
    return seconds if seconds > 0 else None


def _searching(item: object) -> Callable[[Found], object]:
    return lambda part: part.search(item)
