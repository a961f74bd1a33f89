"""One secret's issuer: its description filled in with the secret's values, and asked."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Values
from rotators.http_api_key.http.calls import Call, base_url, credentials_of, make_call, resolved
from rotators.http_api_key.http.errors import IssuerErrors, refusal, translate_issuer_errors
from rotators.http_api_key.http.network import Answer, Network
from shared.errors import RotationError
from shared.keys.api_key import ApiKey
from shared.secret import Secret

_SUCCESS = range(200, 300)
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
REJECTED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_INVALID = object()  # instead of a document: what came is no JSON


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer means, `done`, `gone` or `rejected`, and the JSON in it."""

    outcome: str
    document: object = field(repr=False)
    answer: Answer = field(repr=False)


class Client:
    """Asks what the description says, at the base that it says, for the owner of the secret."""

    def __init__(
        self, network: Network, description: Description, document: Mapping[str, object]
    ) -> None:
        self._network = network
        self.description = description
        self.values = Values(description.fields, description.values_of(document))
        names = description.field_names
        self.base = base_url(description.base, self.values, names.url)
        values = self.values.secret
        self.sent = Secret(json.dumps([values.get(name) for name in description.sent_names]))
        # Only what stands in URLs is shown: anything else may be confidential.
        owner = [str(values[name]) for name in description.owner_names if name in values]
        self.errors = IssuerErrors(self.base, ", ".join(owner) or "the secret", names)

    def of_key(self, key: ApiKey) -> Values:
        """The values for a request about this key."""
        plain = {"id": key.key_id, "slot": key.slot}
        present = {name: value for name, value in plain.items() if value is not None}
        return replace(self.values, plain=present, confidential={"key": key.key})

    def probe_call(self, key: ApiKey) -> Call:
        """The call that uses the key as its owner would; raises MalformedSecret if it cannot."""
        values = self.of_key(key)
        credentials = credentials_of(self.description.auth, values)
        return make_call(self.description.probe, self.base, values, credentials)

    def probe(self, key: ApiKey) -> None:
        """Use the key; raises Rejected, and TargetMismatch for another owner's."""
        request, errors = self.description.probe, self.errors.of_the_rotated_key()
        reply = self.ask(self.probe_call(key), request, errors=errors, rejected=REJECTED)
        if reply.outcome == "rejected":
            raise errors.rejected_key()
        if not as_expected(request, reply.document, self.of_key(key)):
            raise errors.wrong_owner()

    def ask(
        self,
        call: Call,
        request: Request,
        *,
        errors: IssuerErrors | None = None,
        gone: Collection[int] = (),
        rejected: Collection[int] = (),
    ) -> Reply:
        """Raises RotationError for every answer that is not done, gone or rejected.

        gone, rejected: the statuses that mean so where the description does not say.
        """
        errors = errors or self.errors
        with translate_issuer_errors(errors):  # the library's errors may hold the request
            answer = self._network.send(call)
        document = _json_or_invalid(answer.content)
        outcome = _outcome(request, answer.status, document, gone, rejected)
        if outcome in ("done", "gone", "rejected"):
            # A page for people, as of a login wall; unless the description says "done" itself.
            if document is _INVALID and outcome == "done" and "done" not in request.outcomes:
                raise errors.invalid_answer()
            return Reply(outcome, None if document is _INVALID else document, answer)
        raise refusal(answer.status, errors, request.place, later=outcome == "later")

    def admin_rejection(self, reply: Reply) -> RotationError:
        """The error for a reply that is `rejected`, to a request with the admin's key."""
        return self.errors.rejected_asker(f"HTTP {reply.answer.status}")


def as_expected(request: Request, document: object, values: Values) -> bool:
    """Whether an answer has all that the description expects; 7 and "7" are the same."""
    for expression, tree in request.expect:
        found, wanted = expression.search(document), resolved(tree, values)
        plain = isinstance(found, str | int) and isinstance(wanted, str | int)
        if found != wanted and not (plain and str(found) == str(wanted)):
            return False
    return True


def _outcome(
    request: Request,
    status: int,
    document: object,
    gone: Collection[int],
    rejected: Collection[int],
) -> str | None:
    described = request.outcome(status, None if document is _INVALID else document)
    if described is not None:
        return described
    defaults = {"gone": gone, "rejected": rejected, "done": _SUCCESS}
    for name, statuses in defaults.items():
        if name not in request.outcomes and status in statuses:
            return name
    return None


def _json_or_invalid(content: bytes) -> object:
    if not content:
        return None
    try:
        document: object = json.loads(content)
    except (ValueError, RecursionError):
        return _INVALID
    return document
