"""The requests about keys that are there: the list, which key is in which slot, and one key."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from rotators.http_api_key.description.expressions import Expression, Found
from rotators.http_api_key.description.model import LISTED
from rotators.http_api_key.description.outcomes import read_refusals
from rotators.http_api_key.description.pages import Pages
from rotators.http_api_key.description.places import Place
from rotators.http_api_key.description.requests import Request, read_request


@dataclass(frozen=True, slots=True)
class Listings:
    """`list` and `inspect`; slot_keys: what finds each slot's key, see Description."""

    list: Request | None = None
    slot_keys: Mapping[str, Found] = field(default_factory=dict)
    inspect: tuple[Request, ...] = ()


def read_listings(
    place: Place,
    members: Mapping[str, Place],
    names: Collection[str],
    slots: Collection[str],
) -> Listings:
    """Those of the description at this place, which has these members.

    names: what requests may use. Raises DescriptionError.
    """
    if slots:
        if "list" not in members:
            problem = "is missing; with 'slots' it tells which key is in which slot"
            raise place.child("list").wrong(problem)
        request, slot_keys = _read_slots(members["list"], names, slots)
        found = Listings(request, slot_keys)
    elif "list" in members:
        needed = ["keys", "id"] if "issue" in members else ["keys"]
        found = Listings(_read_list(members["list"], names, needed))
    else:
        found = Listings()
    if "inspect" in members:
        inspect = members["inspect"]
        each = inspect.items() if isinstance(inspect.value, list) else iter((inspect,))
        return replace(found, inspect=tuple(_read_inspect(one, names, found) for one in each))
    return found


def read_found(
    place: Place,
    members: Mapping[str, Place],
    known: Collection[str] | None,
    needed: Collection[str],
) -> dict[str, Found]:
    """What `read` finds; known: the names it may have, None for any; needed: must have."""
    where = members.get("read", place.child("read", {}))
    found = where.members(known, required=needed)
    return {name: member.found() for name, member in found.items()}


def _read_list(place: Place, names: Collection[str], needed: Collection[str]) -> Request:
    more = ["pages", "refuse", "skip"]
    request, members = read_request(place, names, more=more)
    where = members.get("read", place.child("read", {}))
    # Of each key, so no header of the answer as a whole.
    read = {name: each.expression() for name, each in where.members(required=needed).items()}
    if "expires" in read and "created" not in read:
        raise place.child("read").missing("created")  # from both, the lifetime is known
    pages = Pages.read(members["pages"]) if "pages" in members else None
    if pages and pages.size and pages.query in request.query:
        raise place.child("query").child(pages.query).wrong("is what 'pages' sets")
    skip = tuple(each.expression() for each in members["skip"].items()) if "skip" in members else ()
    return replace(request, found=read, pages=pages, skip=skip, refuse=_refuse(members))


def _read_slots(
    place: Place, names: Collection[str], slots: Collection[str]
) -> tuple[Request, dict[str, Found]]:
    request, members = read_request(place, names, more=["refuse"])
    where = members.get("read", place.child("read", {}))
    read = where.members(required=["key"])
    keys = read.pop("key").members(slots, required=slots)
    for name in LISTED:
        if name in read:
            raise read[name].wrong("is not for a list of slots")
    found = {name: each.found() for name, each in read.items()}
    slot_keys = {slot: each.found() for slot, each in keys.items()}
    return replace(request, found=found, refuse=_refuse(members)), slot_keys


def _read_inspect(place: Place, names: Collection[str], listings: Listings) -> Request:
    if listings.list is None or "id" not in listings.list.found or "id" not in names:
        raise place.wrong("needs 'list' to read 'id', and 'fields' to have it")
    # What only the key itself is told of itself is asked with it.
    request, members = read_request(place, names, more=["refuse", "base"], asker={*names, "key"})
    found = read_found(place, members, None, ())
    for name in ("keys", "id", "last_used"):
        if name in found:
            raise place.child("read").child(name).wrong("is what 'list' reads")
    if "expires" in found and "created" not in {*found, *listings.list.found}:
        raise place.child("read").missing("created")
    return replace(request, found=found, refuse=_refuse(members))


def _refuse(members: Mapping[str, Place]) -> tuple[tuple[Expression, str], ...]:
    return read_refusals(members["refuse"]) if "refuse" in members else ()
