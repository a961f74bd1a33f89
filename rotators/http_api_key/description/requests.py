"""A request of a description: what is sent, and how the answer is read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from rotators.http_api_key.description.places import Expression, Place, Tree, templates, tree
from rotators.http_api_key.description.templates import Template

# No backslash: it is a slash to some.
_LINE = r"(GET|POST|PUT|PATCH|DELETE) (/[!-\[\]-~]*)"
_HEADER = r"[A-Za-z][A-Za-z0-9-]*"
# What the client itself sets, about the connection and the body.
_OWN_HEADERS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}
_MEMBERS = ("request", "query", "headers", "body", "form", "auth", "expect", "read")
_OUTCOMES = ("done", "gone", "rejected", "later")


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
            return cls(headers=_headers(found["headers"], names))
        halves = tuple(half.template(names) for half in found["basic"].items())
        if len(halves) != 2:  # noqa: PLR2004 - a user name and a password
            raise found["basic"].wrong("must have a user name and a password")
        return cls(basic=(halves[0], halves[1]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answers that mean one thing: statuses, and conditions on a JSON body."""

    statuses: frozenset[int]
    conditions: tuple[Expression, ...] = ()

    @classmethod
    def read(cls, place: Place) -> Self:
        """A list of statuses and JMESPath conditions."""
        statuses, conditions = set(), []
        for item in place.items():
            if isinstance(item.value, str):
                conditions.append(item.expression())
            else:
                statuses.add(item.integer(range(200, 600)))
        return cls(frozenset(statuses), tuple(conditions))

    def covers(self, status: int, answer: object) -> bool:
        """Whether an answer is one of these; a condition is met by what JMESPath calls true."""
        return status in self.statuses or any(
            condition.search(answer) not in (None, False, "", [], {})
            for condition in self.conditions
        )


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
class Request:
    """One request, and how its answer is read.

    place: where it stands in the description.
    auth: who asks, where it is not the one that such a request is for: the key's owner or admin.
    outcomes: the answers that mean `done`, `gone`, `rejected` or `later`.
    expect: what is to be found in an answer; found: what finds the parts that are read.
    base: where it goes, if not to the description's.
    """

    place: str
    method: str
    path: Template
    query: Mapping[str, Template]
    headers: Mapping[str, Template]
    body: Tree
    form: Mapping[str, Template] | None
    auth: Auth | None
    outcomes: Mapping[str, Outcome]
    expect: tuple[tuple[Expression, Tree], ...]
    found: Mapping[str, Expression]
    pages: Pages | None = None
    base: Template | None = None

    def outcome(self, status: int, answer: object) -> str | None:
        """`rejected`, `gone`, `later` or `done`, where the description says so; else None."""
        for name in ("rejected", "gone", "later", "done"):
            if name in self.outcomes and self.outcomes[name].covers(status, answer):
                return name
        return None


def read_request(
    place: Place, names: Collection[str], *, more: Collection[str] = ()
) -> tuple[Request, dict[str, Place]]:
    """A request that may use these names, and all its members; `more`: those it may have besides.

    Raises DescriptionError.
    """
    members = place.members((*_MEMBERS, *_OUTCOMES, *more), required=["request"])
    line = members["request"]
    shape = "a method and a path, such as 'POST /keys'"
    method, _, path = line.text(_LINE, shape).partition(" ")
    where = replace(line, value=path)
    if "?" in path or "#" in path:
        raise line.wrong("must have its query in 'query'")
    if "body" in members and "form" in members:
        raise place.wrong("must have body or form, not both")
    empty = replace(place, value={})
    request = Request(
        place=place.path,
        method=method,
        path=where.template(names, in_url=True),
        query=templates(members.get("query", empty), names, in_url=True),
        headers=_headers(members.get("headers", empty), names),
        body=tree(members["body"], names) if "body" in members else None,
        form=templates(members["form"], names) if "form" in members else None,
        auth=Auth.read(members["auth"], names) if "auth" in members else None,
        outcomes={name: Outcome.read(members[name]) for name in _OUTCOMES if name in members},
        expect=tuple(_expect(members.get("expect", empty), names)),
        found={},
        base=read_base(members["base"]) if "base" in members else None,
    )
    return request, members


def read_base(place: Place) -> Template:
    """Where requests go: an https URL, or a field of the secret; raises DescriptionError."""
    base = place.template({"secret"}, in_url=True)
    first = base.pieces[0] if base.pieces else ""
    if not (base.whole or (isinstance(first, str) and first.startswith("https://"))):
        raise place.wrong("must begin with https://, or be a field of the secret")
    return base


def _headers(place: Place, names: Collection[str]) -> dict[str, Template]:
    for name, header in place.members().items():
        replace(header, value=name).text(_HEADER, "a header by a name of letters and hyphens")
        if name.lower() in _OWN_HEADERS:
            raise header.wrong("is a header that the client sets itself")
    return templates(place, names)


def _expect(place: Place, names: Collection[str]) -> "list[tuple[Expression, Tree]]":
    return [
        (replace(member, value=name).expression(), tree(member, names))
        for name, member in place.members().items()
    ]
