"""Whoever may issue, list and end an account's keys, asking what the description says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from rotators.http_api_key.description.model import Description, names_in
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Values
from rotators.http_api_key.http.answers import Reply
from rotators.http_api_key.http.calls import Call, credentials_of, make_call
from rotators.http_api_key.http.client import Client
from rotators.http_api_key.http.words import IssuerErrors
from shared.document.encoding import encodable
from shared.keys.api_key import ApiKey
from shared.secret import Secret


class Asker:
    """Asks with the admin's key, or with the managed key itself where there is no admin.

    key: the key that is managed; admin: the document of the admin's secret, None where the key is
    its own admin.
    facts: what {arn}, {tag}, {version} and {label} stand for.
    """

    def __init__(
        self,
        client: Client,
        key: ApiKey,
        admin: Mapping[str, object] | None,
        facts: Mapping[str, str],
    ) -> None:
        self.client = client
        self.described: Description = client.description
        self.errors = client.errors
        if self.described.admin is None:
            self.errors = client.errors.of_the_rotated_key()
        self._key = key
        self._admin = admin
        self._facts = facts
        self._credentials: Mapping[str, str] | None = None

    def values(
        self, key: ApiKey, *, kept: Mapping[str, object] | None = None, old: Secret | None = None
    ) -> Values:
        """What a request about this key is filled in with."""
        values = self.client.of_key(key)
        return replace(
            values,
            admin=self._admin or {},
            kept=kept or {},
            plain={**values.plain, **self._facts},
            confidential={**values.confidential, **({"old": old} if old else {})},
        )

    def ask(
        self,
        request: Request,
        values: Values,
        *,
        call: Call | None = None,
        gone: Collection[int] = (),
        carried: Sequence[str] = (),
    ) -> Reply:
        """The answer to a request, which is done, or gone if these statuses are given.

        call: what is sent, where it is not just what the values make of the request; gone: the
        statuses that mean so where the description does not say; carried: what of the current
        key's limits and rights is sent.

        Raises RotationError for every other one, and Misconfigured for one without what the
        description expects.
        """
        call = call or self.call(request, values)
        reply = self.client.answer(call, request, self._told(request, carried), gone)
        return self.accepted(reply, values, *(("gone",) if gone else ()))

    def call(self, request: Request, values: Values) -> Call:
        """What is sent for a request."""
        return make_call(request, self.client.base, values, self.credentials_once())

    def answer(self, request: Request, values: Values, *, carried: Sequence[str] = ()) -> Reply:
        """Whatever the issuer answers; carried: see `ask`."""
        return self.client.answer(self.call(request, values), request, self._told(request, carried))

    def _told(self, request: Request, carried: Sequence[str]) -> IssuerErrors:
        """The errors of a request, which a few are made with the managed key itself."""
        with_key = any(name.root == "key" for name in names_in(request.auth))
        errors = self.client.errors.of_the_rotated_key() if with_key else self.errors
        return replace(errors, carried=carried)

    def accepted(self, reply: Reply, values: Values, *also: str) -> Reply:
        """The same reply, if it is a success or one of these outcomes; see `ask`."""
        self.client.require(reply, "done", *also)
        unmet = reply.unmet(values) if reply.outcome == "done" else None
        if unmet is not None:
            raise reply.because(reply.errors.unexpected(unmet.expression, reply.code))
        return reply

    def credentials_once(self) -> Mapping[str, str]:
        """The headers that say who issues and revokes; logs in first, once, where that is needed.

        Raises Misconfigured where the login gives no token.
        """
        if self._credentials is None:
            admin = self.described.admin
            values = self.values(self._key)
            if admin is None:
                self._credentials = credentials_of(self.described.auth, values)
                return self._credentials
            if admin.login is not None:
                values = replace(values, confidential={"token": self._token(admin.login, values)})
            self._credentials = credentials_of(admin.auth, values)
        return self._credentials

    def _token(self, login: Request, values: Values) -> Secret:
        call = make_call(login, self.client.base, values, {})
        reply = self.accepted(self.client.answer(call, login, self.errors), values)
        token = reply.find(login.found["token"])
        if not isinstance(token, str) or not token or not encodable(token):
            raise reply.finds_nothing(login.found["token"])
        return Secret(token)
