"""A request of a description: what is sent, and how the answer is read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from rotators.http_api_key.description.auth import Auth, read_headers
from rotators.http_api_key.description.bodies import check_content_type
from rotators.http_api_key.description.expressions import Expression, Found
from rotators.http_api_key.description.outcomes import (
    OUTCOMES,
    Outcome,
    read_because,
    read_outcomes,
)
from rotators.http_api_key.description.pages import Pages, Poll
from rotators.http_api_key.description.places import Place, Tree, templates, tree
from rotators.http_api_key.description.templates import Template

# No backslash: it is a slash to some.
_LINE = r"(GET|POST|PUT|PATCH|DELETE) (/[!-\[\]-~]*)"
_BODIES = ("body", "form", "text")
_MEMBERS = ("request", "query", "headers", *_BODIES, "auth", "expect", "read", "because")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and how its answer is read.

    place: where it stands in the description.
    text: a body that is sent as it is; at most one of body, form and text is not None.
    auth: who asks, where it is not the one that such a request is for: the key's owner or admin.
    outcomes: the answers that mean `authenticated` (the asker's key is right and only lacks a
    right), `rejected`, `gone`, `later` or `done`.
    expect: what is to be found in an answer; found: what finds the parts that are read.
    because: conditions on an answer that is no success, and the sentence that each adds.
    refuse: of `list` (on the current key's item) and `inspect`: what a key may not be, and the
    phrase for it.
    skip: of `list`: conditions on an item that is no accepted key.
    poll: of `issue`, `replace` and `set`: what to ask until the answer to read is there.
    base: where it goes, if not to the description's.
    """

    place: str
    method: str
    path: Template
    query: Mapping[str, Template]
    headers: Mapping[str, Template]
    body: Tree
    form: Mapping[str, Template] | None
    text: Template | None
    auth: Auth | None
    outcomes: Mapping[str, Outcome]
    expect: tuple[tuple[Expression, Tree], ...]
    found: Mapping[str, Found]
    because: tuple[tuple[Expression, str], ...] = ()
    refuse: tuple[tuple[Expression, str], ...] = ()
    skip: tuple[Expression, ...] = ()
    pages: Pages | None = None
    poll: Poll | None = None
    base: Template | None = None

    def outcome(self, status: int, answer: object) -> str | None:
        """The first of OUTCOMES that the description says the answer is; else None."""
        for name in OUTCOMES:
            if name in self.outcomes and self.outcomes[name].covers(status, answer):
                return name
        return None

    def reason(self, answer: object) -> str | None:
        """The sentence of the first `because` that holds of an answer's JSON."""
        return next((words for condition, words in self.because if condition.holds(answer)), None)


def read_request(
    place: Place,
    names: Collection[str],
    *,
    more: Collection[str] = (),
    asker: Collection[str] | None = None,
) -> tuple[Request, dict[str, Place]]:
    """A request that may use these names, and all its members; `more`: those it may have besides.

    asker: the names that its `auth` may use, if not the same. Raises DescriptionError.
    """
    members = place.members((*_MEMBERS, *OUTCOMES, *more), required=["request"])
    line = members["request"]
    shape = "a method and a path, such as 'POST /keys'"
    method, _, path = line.text(_LINE, shape).partition(" ")
    where = replace(line, value=path)
    if "?" in path or "#" in path:
        raise line.wrong("must have its query in 'query'")
    if sum(body in members for body in _BODIES) > 1:
        raise place.wrong("must have one of body, form, text, not both")
    empty = replace(place, value={})
    request = Request(
        place=place.path,
        method=method,
        path=where.template(names, in_url=True),
        query=templates(members.get("query", empty), names, in_url=True),
        headers=read_headers(members.get("headers", empty), names),
        body=tree(members["body"], names) if "body" in members else None,
        form=templates(members["form"], names) if "form" in members else None,
        text=members["text"].template(names) if "text" in members else None,
        auth=Auth.read(members["auth"], asker or names) if "auth" in members else None,
        outcomes=read_outcomes(members),
        expect=tuple(_expect(members.get("expect", empty), names)),
        found={},
        because=read_because(members.get("because", empty)),
        poll=Poll.read(members["poll"]) if "poll" in members else None,
        base=read_base(members["base"]) if "base" in members else None,
    )
    check_content_type(place, members, request.headers)
    return request, members


def read_base(place: Place) -> Template:
    """Where requests go: an https URL, or a field of the secret; raises DescriptionError."""
    base = place.template({"secret"}, in_url=True)
    first = base.pieces[0] if base.pieces else ""
    if not (base.whole or (isinstance(first, str) and first.startswith("https://"))):
        raise place.wrong("must begin with https://, or be a field of the secret")
    return base


def _expect(place: Place, names: Collection[str]) -> "list[tuple[Expression, Tree]]":
    return [
        (place.at(name).expression(), tree(member, names))
        for name, member in place.members().items()
    ]
