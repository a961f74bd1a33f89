"""The requests that make a key and that end one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from rotators.http_api_key.description.expressions import Found
from rotators.http_api_key.description.model import names_in
from rotators.http_api_key.description.places import Place
from rotators.http_api_key.description.requests import Request, read_request


@dataclass(frozen=True, slots=True)
class Renewal:
    """The request for the next key; keys, idempotent: see Parts."""

    request: Request
    keys: Mapping[str, Found]
    idempotent: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """The requests that end a key, whether keys only expire, and whether an end is proved."""

    requests: tuple[Request, ...] = ()
    expires: bool = False
    proved: bool = False


def read_renewal(place: Place, way: str, names: Collection[str], slots: Collection[str]) -> Renewal:
    """The one of `issue`, `replace` and `set`, by its name; raises DescriptionError.

    names: what it may use.
    """
    request, members = read_request(place, names, more=["idempotent", "poll"])
    used = {name.root for name in names_in(request)}
    idempotent = "idempotent" in members and members["idempotent"].flag()
    if idempotent and not used & {"version", "label"}:
        raise members["idempotent"].wrong("needs {version} or {label} in the request")
    if way == "set":
        return Renewal(request, {}, idempotent=True)
    where = place.child("read")
    reading = members.get("read", replace(where, value={})).members()
    if "key" not in reading and (way == "replace" or "key" not in used):
        raise where.missing("key")
    if way == "issue" and "id" not in reading:
        raise where.missing("id")
    keys = _keys(reading.pop("key"), slots) if "key" in reading else {}
    found = {name: member.found() for name, member in reading.items()}
    return Renewal(replace(request, found=found), keys, idempotent)


def _keys(place: Place, slots: Collection[str]) -> dict[str, Found]:
    if not slots:
        return {"": place.found()}
    members = place.members(slots, required=slots)
    return {slot: member.found() for slot, member in members.items()}


def read_ending(place: Place, names: Collection[str]) -> Ending:
    """`revoke`: a request, a list of them, or "expires"; raises DescriptionError."""
    if place.value == "expires":
        return Ending(expires=True)
    if not isinstance(place.value, dict | list) or place.value == []:
        raise place.wrong('must be a request, a list of them, or "expires"')
    *others, last = place.items() if isinstance(place.value, list) else (place,)
    requests = [read_request(other, names)[0] for other in others]
    request, members = read_request(last, names, more=["proved"])
    proved = "proved" in members and members["proved"].flag()
    return Ending((*requests, request), proved=proved)
