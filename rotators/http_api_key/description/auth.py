"""How a request says who asks, and the headers that a description may set."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Self

from rotators.http_api_key.description.places import HEADER, Place, templates
from rotators.http_api_key.description.templates import Template

# What the client itself sets, about the connection and the body.
_OWN_HEADERS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}


@dataclass(frozen=True, slots=True)
class Auth:
    """How a request says who asks: headers, one of which may be of two halves (basic)."""

    headers: Mapping[str, Template] = field(default_factory=dict)
    bearer: Template | None = None
    basic: tuple[Template, Template] | None = None

    @classmethod
    def read(cls, place: Place, names: Collection[str]) -> Self:
        """`{"bearer": T}`, `{"basic": [T, T]}`, `{"headers": {...}}`, or "none"."""
        if place.value == "none":
            return cls()
        found = place.members(("bearer", "basic", "headers"))
        if len(found) != 1:
            raise place.wrong('must be "none" or have one of bearer, basic, headers')
        if "bearer" in found:
            return cls(bearer=found["bearer"].template(names))
        if "headers" in found:
            headers = read_headers(found["headers"], names)
            for name in headers:
                if name.lower() == "content-type":
                    raise found["headers"].child(name).wrong("is a header for a request's own")
            return cls(headers=headers)
        halves = tuple(half.template(names) for half in found["basic"].items())
        if len(halves) != 2:  # noqa: PLR2004 - a user name and a password
            raise found["basic"].wrong("must have a user name and a password")
        return cls(basic=(halves[0], halves[1]))


def read_headers(place: Place, names: Collection[str]) -> dict[str, Template]:
    """An object of headers, without those that the client sets; raises DescriptionError."""
    seen = set()
    for name, header in place.members().items():
        place.child(name, name).text(HEADER, "a header by a name of letters and hyphens")
        if name.lower() in _OWN_HEADERS:
            raise header.wrong("is a header that the client sets itself")
        if name.lower() in seen:
            raise header.wrong("is there twice, in other letters")
        seen.add(name.lower())
    return templates(place, names)
