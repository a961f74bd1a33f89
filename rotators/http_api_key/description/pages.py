"""Requests that follow on an answer: a list's further pages, and asking until something is done."""

from dataclasses import dataclass
from typing import Self

from rotators.http_api_key.description.expressions import Expression, Found
from rotators.http_api_key.description.places import Place


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a list's next page is: in the Link header, at a URL in the answer, or by a parameter.

    query: the parameter that a cursor or a number goes into; value: what finds cursor or URL.
    first, size: of numbered pages, the first one's number and how many keys a full one has.
    """

    query: str = ""
    value: Expression | None = None
    first: int = 0
    size: int = 0

    @classmethod
    def read(cls, place: Place) -> Self:
        """`"link"`, `{"url": E}`, `{"query": Q, "value": E}` or `{"query": Q, "first", "size"}`."""
        if place.value == "link":
            return cls()
        found = place.members(("url", "query", "value", "first", "size"))
        if found.keys() == {"url"}:
            return cls(value=found["url"].expression())
        if found.keys() == {"query", "value"}:
            return cls(found["query"].text(), found["value"].expression())
        if found.keys() == {"query", "first", "size"}:
            first, size = found["first"].integer(range(2)), found["size"].integer(range(1, 10_001))
            return cls(found["query"].text(), None, first, size)
        raise place.wrong('must be "link", or have url, or query with value or first and size')


@dataclass(frozen=True, slots=True)
class Poll:
    """What is asked after a first answer, by GET and with the same credentials.

    url: what finds the address in the first answer; until: what holds of the answer to wait for.
    """

    url: Found
    until: Expression

    @classmethod
    def read(cls, place: Place) -> Self:
        """`{"url": E or {"header": H}, "until": CONDITION}`; raises DescriptionError."""
        found = place.members(("url", "until"), required=("url", "until"))
        return cls(found["url"].found(), found["until"].expression())
