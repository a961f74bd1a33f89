"""One secret's issuer: its description filled in with the secret's values, and asked."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlsplit

from rotators.http_api_key.description.model import Description, names_in
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Values
from rotators.http_api_key.http import naming
from rotators.http_api_key.http.answers import INVALID, Reply, json_or_invalid, outcome_of
from rotators.http_api_key.http.calls import Call, base_url, credentials_of, make_call
from rotators.http_api_key.http.errors import refusal, translate_issuer_errors
from rotators.http_api_key.http.network import Network
from rotators.http_api_key.http.polling import Polling
from rotators.http_api_key.http.words import IssuerErrors
from shared.errors import RotationError
from shared.keys.api_key import ApiKey
from shared.secret import Secret

GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Client:
    """Asks what the description says, at the base that it says, for the owner of the secret."""

    def __init__(
        self, network: Network, description: Description, document: Mapping[str, object]
    ) -> None:
        self._network = network
        self._document = document
        self.description = description
        self.values = Values(description.fields, description.values_of(document))
        names = naming.field_names(description, document)
        self.base = base_url(description.base, self.values, names.url)
        values = self.values.secret
        self.sent = Secret(json.dumps([values.get(name) for name in description.sent_names]))
        self.errors = IssuerErrors(self.base, naming.owner_name(description, values), names)

    def of_key(self, key: ApiKey) -> Values:
        """The values for a request about this key."""
        plain = {"id": key.key_id, "slot": key.slot}
        present = {name: value for name, value in plain.items() if value is not None}
        return replace(self.values, plain=present, confidential={"key": key.key})

    def key_name(self, key_id: str | None) -> str:
        """What messages call a key; empty for one without an id."""
        if key_id is None:
            return ""
        return "(confidential)" if self.description.is_id_confidential else f"'{key_id}'"

    def probe_call(self, key: ApiKey) -> Call:
        """The call that uses the key as its owner would; raises MalformedSecret if it cannot."""
        values = self.of_key(key)
        credentials = credentials_of(self.description.auth, values)
        return make_call(self.description.probe, self.base, values, credentials)

    def probe(self, key: ApiKey) -> bool:
        """Use the key: True where it is accepted, False where it is right and lacks a right only.

        Raises Rejected for a wrong key, TargetMismatch for another owner's, and Forbidden where
        the answer does not tell.
        """
        reply = self.answer(
            self.probe_call(key), self.description.probe, self.errors.of_the_rotated_key()
        )
        errors = reply.errors
        if reply.outcome == "authenticated":
            return False
        if reply.outcome == "rejected":
            raise reply.because(errors.rejected_key(self.key_name(key.key_id), reply.code))
        if reply.outcome is None and reply.answer.status in _REFUSED:
            raise reply.because(errors.untold(reply.code))
        self.require(reply, "done")
        unmet = reply.unmet(self.of_key(key))
        if unmet is None:
            return True
        fields = [name.field or name.root for name in unmet.names if name.root in ("secret", "id")]
        if fields:
            raise reply.because(errors.not_of(self.description.field(fields[0])))
        raise reply.because(errors.untold(f"{unmet.expression} is not as described"))

    def answer(
        self, call: Call, request: Request, errors: IssuerErrors, gone: Collection[int] = ()
    ) -> Reply:
        """Whatever comes, once the issuer is done; raises RotationError where nothing does."""
        reply = self._once(call, request, self._errors_of(call, request, errors), gone)
        if request.poll is None or reply.outcome != "done":
            return reply
        polling = Polling(request.poll, call, reply)
        return polling.last(lambda following: self._once(following, request, reply.errors, ()))

    def require(self, reply: Reply, *outcomes: str) -> None:
        """Raise the RotationError for a reply that is none of these outcomes."""
        if reply.outcome in outcomes:
            # A page for people, as of a login wall; unless the description says "done" itself.
            if (
                reply.document is INVALID
                and reply.outcome == "done"
                and "done" not in reply.request.outcomes
            ):
                raise reply.errors.invalid_answer(reply.code)
            return
        raise reply.because(_refusal(reply))

    def _once(
        self, call: Call, request: Request, errors: IssuerErrors, gone: Collection[int]
    ) -> Reply:
        with translate_issuer_errors(errors):  # the library's errors may hold the request
            answer = self._network.send(call)
        document = json_or_invalid(answer.content)
        outcome = outcome_of(request, answer.status, document, gone)
        return Reply(request, errors, outcome, document, answer)

    def _errors_of(self, call: Call, request: Request, errors: IssuerErrors) -> IssuerErrors:
        """The errors in words about this request: where it goes, and who asks."""
        login = self.description.admin.login if self.description.admin else None
        own_auth = {name.root for name in names_in(request.auth)}
        if own_auth & {"key", "old"} and not own_auth & {"admin", "token"}:
            errors = errors.of_the_rotated_key()
        url = naming.base_field(request, self.description, self._document, errors.fields.url)
        host = urlsplit(call.url)
        return replace(
            errors,
            base_url=self.base if request.base is None else f"https://{host.netloc}",
            fields=replace(errors.fields, url=url),
            place=request.place,
            is_login=request is login,
            path_fields=naming.path_fields(request, self.description, self._document),
        )


def _refusal(reply: Reply) -> RotationError:
    match reply.outcome:
        case "authenticated":
            return reply.errors.missing_right(reply.code)
        case "rejected":
            return reply.errors.rejected_asker(reply.code)
        case None if reply.answer.status == HTTPStatus.UNAUTHORIZED:
            if "rejected" in reply.request.outcomes:
                return reply.errors.refused_asker(reply.code)
    return refusal(reply.answer.status, reply.errors, later=reply.outcome == "later")
