"""What an answer is to the request that it came to, and what of it the description finds."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field

from rotators.http_api_key.description.expressions import Expression, Found
from rotators.http_api_key.description.model import names_in
from rotators.http_api_key.description.names import Name
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Values
from rotators.http_api_key.http.calls import resolved
from rotators.http_api_key.http.network import Answer
from rotators.http_api_key.http.words import IssuerErrors
from shared.errors import RotationError

SUCCESS = range(200, 300)
INVALID = object()  # instead of a document: what came is no JSON


@dataclass(frozen=True, slots=True)
class Unmet:
    """What an answer does not have that the description expects; names: of what was expected."""

    expression: Expression
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, the JSON in it, and what it means; errors: of the request that it came to.

    outcome: `done`, `authenticated`, `rejected`, `gone`, `later`, or None where neither the
    description nor the status says one.
    """

    request: Request
    errors: IssuerErrors
    outcome: str | None
    document: object = field(repr=False)
    answer: Answer = field(repr=False)

    @property
    def json(self) -> object:
        """The JSON, None where what came is none."""
        return None if self.document is INVALID else self.document

    @property
    def code(self) -> str:
        """The status as messages show it."""
        return f"HTTP {self.answer.status}"

    def find(self, found: Found) -> object:
        """What it finds here; None for nothing."""
        return found.search(self.json, self.answer.headers)

    def because(self, error: RotationError) -> RotationError:
        """The same error, with the sentence that the description has for such an answer."""
        reason = self.request.reason(self.json)
        if reason is not None:
            error.what += f": {reason}"
        return error

    def finds_nothing(self, found: Found) -> RotationError:
        """For a part that the description reads and that is not there, to be raised."""
        return self.because(self.errors.finds_nothing(found, self.code))

    def unmet(self, values: Values) -> Unmet | None:
        """The first that the description expects and that is not there; 7 and "7" are the same."""
        for expression, tree in self.request.expect:
            if not is_same(self.find(expression), resolved(tree, values)):
                return Unmet(expression, tuple(names_in(tree)))
        return None


def is_same(found: object, wanted: object) -> bool:
    """Whether two JSON values are equal; a number is equal to its digits."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    plain = isinstance(found, str | int) and isinstance(wanted, str | int)
    return found == wanted or (plain and str(found) == str(wanted))


def outcome_of(
    request: Request,
    status: int,
    document: object,
    gone: Collection[int] = (),
) -> str | None:
    """What an answer means; gone: the statuses that mean so where the description does not say."""
    described = request.outcome(status, None if document is INVALID else document)
    if described is not None:
        return described
    defaults: dict[str, Collection[int]] = {"gone": gone, "done": SUCCESS}
    for name, statuses in defaults.items():
        if name not in request.outcomes and status in statuses:
            return name
    return None


def json_or_invalid(content: bytes) -> object:
    """The JSON in a body, None for an empty one, INVALID for what is none."""
    if not content:
        return None
    try:
        document: object = json.loads(content)
    except (ValueError, RecursionError):
        return INVALID
    return document
