"""An account at a described issuer, managed with the admin's key or the current one."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from rotators.http_api_key.description.model import Description, names_in
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Values
from rotators.http_api_key.http.calls import Call, credentials_of, make_call
from rotators.http_api_key.http.client import GONE, Client, Reply, as_expected
from rotators.http_api_key.http.urls import origin
from rotators.http_api_key.issued import read_issued
from rotators.http_api_key.listing import ListedKey, next_page, read_key
from shared.errors import MalformedSecret, RejectedByPolicy
from shared.fields import encodable
from shared.keys.api_key import ApiKey, Way
from shared.keys.contract import OwnedKey
from shared.passwords import PasswordPolicy
from shared.secret import Secret

MAX_PAGES = 20
TAG_LENGTH = 20
_REFUSED = (400, 422)  # how issuers answer to a value that they do not take
# What may stand for each name in a key label; a tag is the beginning of a hash.
_IN_LABELS = {"arn": r"arn:\S+", "tag": f"[0-9a-f]{{{TAG_LENGTH}}}", "version": "."}


class Manager:
    """Issues, lists and revokes; see KeyManager.

    key: the key that is managed; admin: the document of the admin's secret, None where the key is
    its own admin.
    facts: what {arn}, {tag} and {version} stand for.
    policy: what a key is like that is chosen here.
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
        used = {str(name) for name in names_in(self._described.renew)}
        self.inherits = any(name.startswith("kept.") for name in used)
        self.idempotent = self._described.idempotent
        listing = self._described.list
        self.can_list = listing is not None
        self.can_label = listing is not None and "label" in listing.found
        self.can_revoke = True
        self.proves_end = False
        self.may_reset = False
        self.max_keys: int | None = None  # a description does not say

    def key_label(self, version_id: str) -> str:
        """What a key issued for this version is labelled with."""
        values = Values(plain={**self._facts, "version": version_id})
        return self._described.label.text(values)

    def is_key_label(self, label: str) -> bool:
        """Whether some secret's ARN, or the tag that stands for it, and a version are in it."""
        pieces = self._described.label.pieces
        shape = "".join(
            re.escape(piece) if isinstance(piece, str) else _IN_LABELS[piece.root]
            for piece in pieces
        )
        return re.match(shape, label) is not None

    def listed(self) -> Sequence[ListedKey]:
        """The account's accepted keys, of every page; raises Misconfigured."""
        request = self._described.list
        if request is None:
            return []
        call = self._call(request, self._values(self._key))
        keys: list[ListedKey] = []
        for _ in range(MAX_PAGES):
            reply = self._ask(call, request)
            found = request.found["keys"].search(reply.document)
            if not isinstance(found, list):
                raise self._client.errors.invalid_answer()
            read = (read_key(item, request.found) for item in found)
            keys += [key for key in read if key is not None]
            following = next_page(call, request, reply, found)
            if following is None:
                return keys
            if origin(following.url) != origin(call.url):  # it gets the same credentials
                raise self._client.errors.invalid_answer()
            call = following
        raise self._client.errors.invalid_answer(f"more than {MAX_PAGES} pages")

    def issue(self, current: ApiKey, kept: Mapping[str, object]) -> ApiKey:
        """The key that the issuer makes for the version; raises Misconfigured.

        Some issuers are told the value of the key that they are to make: that one is chosen here.
        """
        if kept.get("lifetime", 0) is None:  # the current key ends, and nobody can tell when
            raise self._client.errors.invalid_answer()
        described, slot = self._described, self._described.other_slot(current.slot)
        is_chosen_here = described.way is Way.ISSUED and not described.keys
        sent = self._policy.generate() if is_chosen_here else current.key
        request = described.renew
        values = self._values(replace(current, slot=slot, key=sent), kept=kept)
        reply = self._ask(self._call(request, values), request)
        parts = read_issued(reply.document, described, slot)
        if parts is None:
            raise self._client.errors.invalid_answer()
        key = sent if parts.key is None else parts.key
        issued = current.with_key(key, key_id=parts.key_id, slot=slot, more=parts.more)
        try:
            self._client.probe_call(issued)
        except MalformedSecret:
            raise self._client.errors.invalid_answer() from None
        return issued

    def set_key(self, chosen: ApiKey, *, accepted: ApiKey, kept: Mapping[str, object]) -> None:
        """Set the key; raises RejectedByPolicy where its value is refused."""
        request = self._described.renew
        values = self._values(chosen, kept=kept, old=accepted.key)
        reply = self._client.ask(self._call(request, values), request, gone=_REFUSED)
        if reply.outcome == "gone":
            raise RejectedByPolicy(
                f"{self._client.errors} does not take the new key (HTTP {reply.answer.status})",
                do="let 'choose' in the description say what keys may be",
                field="issuer.choose",
            )
        self._check(reply, request)

    def inspect(self, listed: OwnedKey, _current: ApiKey, /) -> OwnedKey:
        """The listed current key, with all that its successor takes over of it."""
        return listed

    def slot_of(self, key: ApiKey, /) -> str | None:
        """The slot that holds the key by the issuer's word; None for neither."""
        return key.slot

    def key_name(self, key_id: str, /) -> str:
        """What messages and logs call a key, whose id may be confidential."""
        return f"'{key_id}'"

    def check_ended(self, key_ids: Collection[str], /) -> None:
        """Warn of revoked keys that are accepted all the same, as far as the issuer tells."""

    def revoke(self, key_id: str, stored: ApiKey | None = None) -> None:  # noqa: ARG002
        """End a key; one that is already gone is a success.

        Raises Forbidden where it is listed still: some issuers answer 404 also to an admin without
        the right.
        """
        key = replace(self._key, key_id=key_id)
        for request in self._described.revoke:
            reply = self._client.ask(self._call(request, self._values(key)), request, gone=GONE)
            self._check(reply, request)
            # Where an issuer takes a while, its list may still show a key that is gone.
            if reply.outcome == "gone" and not self._described.propagation:
                if key_id in {listed.key_id for listed in self.listed()}:
                    raise self._client.errors.missing_right()
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
        return make_call(request, self._client.base, values, self.credentials_once())

    def credentials_once(self) -> Mapping[str, str]:
        """The headers that say who issues and revokes; logs in first, once, where that is needed.

        Raises Misconfigured where the login gives no token.
        """
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
                    raise self._client.errors.invalid_answer()
                values = replace(values, confidential={"token": Secret(token)})
            self._credentials = credentials_of(admin.auth, values)
        return self._credentials

    def _ask(self, call: Call, request: Request) -> Reply:
        reply = self._client.ask(call, request)
        self._check(reply, request)
        return reply

    def _check(self, reply: Reply, request: Request) -> None:
        if reply.outcome == "rejected":
            raise self._client.admin_rejection(reply)
        values = self._values(self._key)
        if reply.outcome == "done" and not as_expected(request, reply.document, values):
            raise self._client.errors.invalid_answer()
