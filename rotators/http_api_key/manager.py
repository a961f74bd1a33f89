"""An account at a described issuer, by the hand of its admin or of the current key."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rotators.http_api_key.description.model import Description, names_in
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Values
from rotators.http_api_key.http.calls import Call, credentials_of, make_call
from rotators.http_api_key.http.client import GONE, Client, Reply, as_expected
from rotators.http_api_key.http.urls import origin
from rotators.http_api_key.listing import ListedKey, id_of, next_page, read_key
from shared.errors import MalformedSecret, RejectedByPolicy
from shared.fields import encodable
from shared.keys.api_key import ApiKey, Way
from shared.passwords import PasswordPolicy
from shared.secret import Secret

MAX_PAGES = 20
_REFUSED = (400, 422)  # how issuers answer to a value that they do not take


class Manager:
    """Issues, lists and revokes; see KeyManager.

    admin: the document of the admin's secret, None where the current key is its own admin;
    facts: {arn}, {tag} and {version}.
    """

    def __init__(
        self,
        client: Client,
        key: ApiKey,
        admin: Mapping[str, object] | None,
        facts: Mapping[str, str],
        policy: PasswordPolicy,
    ) -> None:
        self._client = client
        self._described: Description = client.description
        self._key = key
        self._admin = admin
        self._facts = facts
        self._policy = policy
        self._credentials: Mapping[str, str] | None = None
        used = {str(name) for name in names_in(self._described.make)}
        self.inherits = any(name.startswith("kept.") for name in used)
        self.idempotent = self._described.idempotent
        listing = self._described.list
        self.can_list = listing is not None
        self.can_label = listing is not None and "label" in listing.found
        self.max_keys: int | None = None  # a description does not say

    def key_label(self, version_id: str) -> str:
        """What a key made for this version is labelled with."""
        values = Values(plain={**self._facts, "version": version_id})
        return self._described.label.text(values)

    def listed(self) -> Sequence[ListedKey]:
        """The account's live keys, of every page."""
        request = self._described.list
        if request is None:
            return []
        call = self._call(request, self._values(self._key))
        keys: list[ListedKey] = []
        for _ in range(MAX_PAGES):
            reply = self._ask(call, request)
            found = request.found["keys"].search(reply.document)
            if not isinstance(found, list):
                raise self._client.whom.garbage()
            keys += [key for each in found if (key := read_key(each, request.found)) is not None]
            following = next_page(call, request, reply, found)
            if following is None:
                return keys
            if origin(following.url) != origin(call.url):  # it gets the same credentials
                raise self._client.whom.garbage()
            call = following
        raise self._client.whom.garbage(f"more than {MAX_PAGES} pages")

    def issue(self, current: ApiKey, kept: Mapping[str, object]) -> ApiKey:
        """The key that the issuer makes for the version."""
        if kept.get("lifetime", 0) is None:  # it ends, and nobody can tell when
            raise self._client.whom.garbage()
        slot = self._other(current.slot)
        ours = self._described.way is Way.ISSUED and not self._described.keys
        asked = replace(current, slot=slot, key=self._policy.generate() if ours else current.key)
        request = self._described.make
        reply = self._ask(self._call(request, self._values(asked, kept=kept)), request)
        value = asked.key if ours else self._found_key(reply, slot)
        key_id = None
        if "id" in request.found:
            key_id = id_of(request.found["id"].search(reply.document))
            if key_id is None:
                raise self._client.whom.garbage()
        made = current.with_key(value, key_id=key_id, slot=slot, more=self._more(reply))
        try:
            self._client.probe_call(made)
        except MalformedSecret:
            raise self._client.whom.garbage() from None
        return made

    def set_key(self, chosen: ApiKey, *, live: ApiKey, kept: Mapping[str, object]) -> None:
        """Set the key; raises RejectedByPolicy where its value is refused."""
        request = self._described.make
        values = self._values(chosen, kept=kept, old=live.key)
        reply = self._client.ask(self._call(request, values), request, gone=_REFUSED)
        if reply.outcome == "gone":
            raise RejectedByPolicy(
                f"{self._client.whom} does not take the new key (HTTP {reply.answer.status})",
                do="let 'choose' in the description say what keys may be",
                field="issuer.choose",
            )
        self._check(reply, request)

    def revoke(self, key_id: str) -> None:
        """End a key; one that is already gone is a success.

        Some issuers answer 404 also to an admin without the right, hence the second look.
        """
        key = replace(self._key, key_id=key_id)
        for request in self._described.revoke:
            reply = self._client.ask(self._call(request, self._values(key)), request, gone=GONE)
            self._check(reply, request)
            # A list may show a key for a while that is gone.
            if reply.outcome == "gone" and not self._described.propagation:
                if key_id in {each.key_id for each in self.listed()}:
                    raise self._client.whom.no_right()
                return

    def _values(
        self, key: ApiKey, *, kept: Mapping[str, object] | None = None, old: Secret | None = None
    ) -> Values:
        values = self._client.of_key(key)
        version = self._facts["version"]
        return replace(
            values,
            admin=self._admin or {},
            kept=kept or {},
            plain={**values.plain, **self._facts, "label": self.key_label(version)},
            confidential={**values.confidential, **({"old": old} if old else {})},
        )

    def _call(self, request: Request, values: Values) -> Call:
        return make_call(request, self._client.base, values, self.credentials())

    def credentials(self) -> Mapping[str, str]:
        """The headers of whoever issues and revokes, who logs in once where that is needed."""
        if self._credentials is None:
            admin = self._described.admin
            values = self._values(self._key)
            if admin is None:
                self._credentials = credentials_of(self._described.auth, values)
                return self._credentials
            if admin.login is not None:
                call = make_call(admin.login, self._client.base, values, {})
                token = admin.login.found["token"].search(self._ask(call, admin.login).document)
                if not isinstance(token, str) or not token or not encodable(token):
                    raise self._client.whom.garbage()
                values = replace(values, confidential={"token": Secret(token)})
            self._credentials = credentials_of(admin.auth, values)
        return self._credentials

    def _ask(self, call: Call, request: Request) -> Reply:
        reply = self._client.ask(call, request)
        self._check(reply, request)
        return reply

    def _check(self, reply: Reply, request: Request) -> None:
        if reply.outcome == "rejected":
            raise self._client.admin_rejected(reply)
        values = self._values(self._key)
        if reply.outcome == "done" and not as_expected(request, reply.document, values):
            raise self._client.whom.garbage()

    def _found_key(self, reply: Reply, slot: str | None) -> Secret:
        found = self._described.keys[slot or ""].search(reply.document)
        if not isinstance(found, str) or not found or "\0" in found or not encodable(found):
            raise self._client.whom.garbage()
        return Secret(found)

    def _more(self, reply: Reply) -> dict[str, Secret]:
        more = {}
        for name, expression in self._described.make.found.items():
            if name != "id":
                found = expression.search(reply.document)
                if not isinstance(found, str) or not encodable(found):
                    raise self._client.whom.garbage()
                more[self._described.field(name)] = Secret(found)
        return more

    def _other(self, slot: str | None) -> str | None:
        slots = self._described.slots
        return next((each for each in slots if each != slot), None)
