"""One secret's issuer: its description filled in with the secret's values, and asked."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from rotators.http_api_key.description.model import Description, names_in
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Values
from rotators.http_api_key.http.calls import Call, base_url, credentials_of, make_call, resolved
from rotators.http_api_key.http.errors import Whom, admin_rejected, refusal, translated
from rotators.http_api_key.http.network import Answer, Network
from shared.errors import RotationError
from shared.keys.api_key import ApiKey
from shared.secret import Secret

_SUCCESS = range(200, 300)
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
REJECTED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_GARBAGE = object()


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
        url, owners, sent, admin = _field_names(description)
        self.base = base_url(description.base, self.values, url)
        known = self.values.secret
        self.sent = Secret(json.dumps([known.get(name) for name in sent]))
        # What stands in no URL may be confidential.
        owner_name = ", ".join(str(known[name]) for name in owners if name in known) or "the secret"
        owner = next((description.field(name) for name in (*owners, *sent)), "issuer")
        self.whom = Whom(self.base, owner_name, url, owner, admin, description.fields["key"])

    def of_key(self, key: ApiKey) -> Values:
        """The values for a request about this key."""
        plain = {"id": key.key_id, "slot": key.slot}
        known = {name: value for name, value in plain.items() if value is not None}
        return replace(self.values, plain=known, confidential={"key": key.key})

    def probe_call(self, key: ApiKey) -> Call:
        """What uses the key as its owner would; raises MalformedSecret for one that cannot be."""
        values = self.of_key(key)
        credentials = credentials_of(self.description.auth, values)
        return make_call(self.description.probe, self.base, values, credentials)

    def probe(self, key: ApiKey) -> None:
        """Use the key; raises Rejected, and TargetMismatch for somebody else's."""
        request, whom = self.description.probe, self.whom
        asker = replace(whom, asker="the key", admin=whom.key)
        reply = self.ask(self.probe_call(key), request, whom=asker, rejected=REJECTED)
        if reply.outcome == "rejected":
            raise whom.rejected()
        if not as_expected(request, reply.document, self.of_key(key)):
            raise whom.somebody_elses()

    def ask(
        self,
        call: Call,
        request: Request,
        *,
        whom: Whom | None = None,
        gone: Collection[int] = (),
        rejected: Collection[int] = (),
    ) -> Reply:
        """Raises RotationError for every answer that is not done, gone or rejected.

        gone, rejected: the statuses that mean so where the description does not say.
        """
        whom = whom or self.whom
        with translated(whom):  # the library's errors may hold the request
            answer = self._network.send(call)
        document = _json(answer.content)
        outcome = _outcome(request, answer.status, document, gone, rejected)
        if outcome in ("done", "gone", "rejected"):
            # A page for people, as of a login wall; unless the description says "done" itself.
            if document is _GARBAGE and outcome == "done" and "done" not in request.outcomes:
                raise whom.garbage()
            return Reply(outcome, None if document is _GARBAGE else document, answer)
        raise refusal(answer.status, whom, request.place, later=outcome == "later")

    def admin_rejected(self, reply: Reply) -> RotationError:
        """The error for a reply that is `rejected`, to whom issues and revokes."""
        return admin_rejected(self.whom, f"HTTP {reply.answer.status}")


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
    said = request.outcome(status, None if document is _GARBAGE else document)
    if said is not None:
        return said
    defaults = {"gone": gone, "rejected": rejected, "done": _SUCCESS}
    for name, statuses in defaults.items():
        if name not in request.outcomes and status in statuses:
            return name
    return None


def _json(content: bytes) -> object:
    if not content:
        return None
    try:
        document: object = json.loads(content)
    except (ValueError, RecursionError):
        return _GARBAGE
    return document


def _field_names(description: Description) -> tuple[str, list[str], list[str], str]:
    """The secret's field for the base, the names that say whose key it is, and the admin's field.

    The names are first those in URLs and then all; `issuer` for a field where none is used.
    """
    places = [name.field for name in description.base.names]
    admin: list[str] = []
    if description.admin is not None:
        admin = [name.field for name in description.admin.secret.names]
    requests = description.requests
    used = {name.field for name in names_in(requests) if name.root == "secret"}
    rotating = {description.fields.get(part) for part in ("key", "id", "slot")}
    others = used.difference(places, admin)
    sent = sorted(name for name in others if description.field(name) not in rotating)
    urls = {name.field for name in names_in(tuple((each.path, each.query) for each in requests))}
    owners = [name for name in sent if name in urls]
    first = [description.field(names[0]) if names else "issuer" for names in (places, admin)]
    return first[0], owners, sent, first[1]
