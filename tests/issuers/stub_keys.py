"""The keys that a stub hands out: in the shapes, and with the ends, that documentation shows."""

import itertools
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

# What a request calls the time that a key is to live, and the seconds of its unit.
LIFETIMES = {"lifetime": 1, "lifetime_hours": 3600}
# What an answer shows of a key without being one of its rights.
NO_RIGHTS = {*LIFETIMES, "id", "new_id", "key", "label", "created", "expires", "asker", "token"}
NO_RIGHTS |= {"slot", "shown", "is_expired", "is_active", "expiry", "policy_text"}
_MASK = re.compile(r"\*+|\.{2,}")
_numbers = itertools.count(1000)


def made(shape: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A key with a new id and value like those of `shape`, and what `values` say of it.

    shape: the documentation's examples of an id, a value and what is shown of it.
    """
    found = {**values, "created": datetime.now(UTC).replace(microsecond=0)}
    if "id" not in found or found["id"] is None:
        found["id"] = _new_id(shape.get("id") or "")
    found["key"] = _new_key(str(shape["key"]), str(shape.get("id") or ""), str(found["id"]))
    found["expires"] = _end(values, found["created"])
    if found["expires"] is not None and _is_date(shape.get("expires")):
        found["expires"] = found["expires"].replace(hour=0, minute=0, second=0)
    if "policy_text" in values:
        found["policy"] = json.loads(values["policy_text"])
    return found


def _new_id(example: object) -> object:
    number = next(_numbers)
    return number if isinstance(example, int) else f"{str(example)[:-4]}{number}"


def _new_key(example: str, example_id: str, new_id: str) -> str:
    if example_id and example_id in example:  # such as SendGrid's SG.ID.VALUE
        head, _, _ = example.partition(example_id)
        return f"{head}{new_id}.{secrets.token_hex(24)}"
    return f"{example[:6]}{secrets.token_hex(24)}"


def _end(values: Mapping[str, Any], created: datetime) -> datetime | None:
    """When the key ends that was asked for with these values; None for never."""
    for name, seconds in LIFETIMES.items():
        if isinstance(values.get(name), int):
            return created + timedelta(seconds=seconds * values[name])
    asked = values.get("expires")
    if not isinstance(asked, str):
        return asked if isinstance(asked, datetime) else None
    moment = datetime.fromisoformat(asked)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def shown(key: str, example: str) -> str:
    """What is shown of a key where `example` is shown: its end, or all but what is masked."""
    mask = _MASK.search(example)
    if mask is None:
        return key[-len(example) :]
    tail = len(example) - mask.end()
    return key[: mask.start()] + mask[0] + key[len(key) - tail :]


def written(moment: datetime, example: object) -> object:
    """A time as the example writes one: Unix seconds, a date, or ISO 8601."""
    if isinstance(example, int):
        return int(moment.timestamp())
    if _is_date(example):
        return moment.date().isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_date(example: object) -> bool:
    try:
        date.fromisoformat(str(example))
    except ValueError:
        return False
    return True


def cut_ends(keys: Iterable[dict[str, Any]], days: int) -> None:
    """Let no key live longer than so many days from now, as some issuers do for a successor."""
    latest = datetime.now(UTC) + timedelta(days=days)
    for key in keys:
        key["expires"] = min(key["expires"] or latest, latest)


def has_ended(key: Mapping[str, Any]) -> bool:
    """Whether the key ended by itself."""
    return key["expires"] is not None and key["expires"] <= datetime.now(UTC)


def rights_of(key: Mapping[str, Any]) -> dict[str, Any]:
    """What a successor takes over of the key, but for its end."""
    return {name: value for name, value in key.items() if name not in NO_RIGHTS}


def lifetime_of(key: Mapping[str, Any]) -> timedelta | None:
    """How long the key was issued for; None for ever."""
    return None if key["expires"] is None else key["expires"] - key["created"]
