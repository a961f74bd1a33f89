"""Having an issuer make the next key, or set one, with what the current key has."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from rotators.http_api_key.account.asker import Asker
from rotators.http_api_key.account.endings import Endings
from rotators.http_api_key.account.issued import IssuedParts, as_asked, read_issued
from rotators.http_api_key.account.lifetimes import LIMITS, end_asked_for
from rotators.http_api_key.account.lifetimes import shortfall as find_shortfall
from rotators.http_api_key.account.listing import id_of
from rotators.http_api_key.account.shown import has_ends
from rotators.http_api_key.description.templates import Values
from rotators.http_api_key.http.answers import Reply
from rotators.http_api_key.http.words import may_be_limited
from shared.errors import (
    MalformedSecret,
    Misconfigured,
    RejectedByPolicy,
    RotationError,
    TargetMismatch,
)
from shared.keys.api_key import ApiKey, Way
from shared.passwords import PasswordPolicy
from shared.secret import Secret

LOG = logging.getLogger(f"rotation.{__name__}")

_REFUSED = (400, 422)  # how issuers answer to a value that they do not take


class Issuance:
    """The request that makes a key or sets one; see KeyManager.issue and set_key.

    policy: what a key is like that is chosen here.
    """

    def __init__(
        self, asker: Asker, managed: ApiKey, endings: Endings, policy: PasswordPolicy
    ) -> None:
        self._asker = asker
        self._managed = managed
        self._described = asker.described
        self._endings = endings
        self._policy = policy

    def issue(self, current: ApiKey, kept: Mapping[str, object]) -> ApiKey:
        """The key that the issuer makes for the version; raises Misconfigured, TargetMismatch.

        Some issuers are told the value of the key that they are to make: that one is chosen here.
        """
        self._require_known_end(kept)
        described, slot = self._described, self._described.other_slot(current.slot)
        is_chosen_here = described.way is Way.ISSUED and not described.keys
        sent = self._policy.generate() if is_chosen_here else current.key
        values = self._asker.values(replace(current, slot=slot, key=sent), kept=kept)
        reply = self._made(values, kept)
        parts = read_issued(reply, described, slot)
        remembered, lacks = as_asked(parts, described, kept)
        key = sent if parts.key is None else parts.key
        issued = replace(
            current.with_key(key, key_id=parts.key_id, slot=slot, more=parts.more),
            granted=remembered,
            ends=parts.ends or end_asked_for(described, kept, values.now),
        )
        self._check(reply, current, issued, parts)
        shortfall = lacks or find_shortfall(described, kept, values.now, parts.ends)
        if shortfall is not None:
            self._refuse(issued, shortfall)
        return issued

    def _made(self, values: Values, kept: Mapping[str, object]) -> Reply:
        """The issuer's answer; a key that is not what the description expects is ended."""
        renew = self._described.renew
        reply = self._asker.answer(renew, values, carried=self._carried(kept))
        try:
            return self._asker.accepted(reply, values)
        except Misconfigured as problem:
            unlike = problem
        key_id = id_of(reply.find(renew.found["id"])) if "id" in renew.found else None
        if reply.outcome == "done" and key_id is not None:
            self._end(key_id)
        raise unlike

    def set_key(self, chosen: ApiKey, *, accepted: ApiKey, kept: Mapping[str, object]) -> None:
        """Set the key; raises RejectedByPolicy where its value is refused."""
        request, carried = self._described.renew, self._carried(kept)
        values = self._asker.values(chosen, kept=kept, old=accepted.key)
        reply = self._asker.answer(request, values, carried=carried)
        if reply.outcome is None and reply.answer.status in _REFUSED:
            do = "let 'choose' in the description say what keys may be"
            raise reply.because(
                RejectedByPolicy(
                    f"{reply.errors} does not take the new key ({reply.code})",
                    do=f"{do}; or {may_be_limited(carried)}" if carried else do,
                    field="issuer.choose",
                )
            )
        self._asker.accepted(reply, values)

    def _carried(self, kept: Mapping[str, object]) -> list[str]:
        """The names of what the request has of the current key's limits and rights."""
        has_end = kept.get("lifetime") is not None
        return [
            f"kept.{name}"
            for name in sorted(self._described.kept_names)
            if kept.get(name) is not None or (name == "ends" and has_end)
        ]

    def _require_known_end(self, kept: Mapping[str, object]) -> None:
        """Raises Misconfigured where the current key ends, and nobody can tell when."""
        if kept.get("lifetime", 0) is not None or self._described.kept_names.isdisjoint(LIMITS):
            return
        listing = self._described.list or self._described.slot_list
        told = [request.found for request in (listing, *self._described.inspect) if request]
        found = [each[name] for each in told for name in ("created", "expires") if name in each]
        raise Misconfigured(
            f"how long the current key lasts is not known: {' or '.join(map(str, found))} finds "
            "no time, or 'expires' one before 'created'",
            do="compare them with what the issuer documents to answer; for a key that never ends, "
            "'expires' is to find nothing",
            field=found[-1].place,
        )

    def _check(self, reply: Reply, current: ApiKey, issued: ApiKey, parts: IssuedParts) -> None:
        """Raises Misconfigured for a key that is no new one, or that cannot be used."""
        place = self._described.renew.place
        same_id = current.way is Way.ISSUED and parts.key_id in (current.key_id, None)
        if issued.key == current.key or (same_id and parts.key_id is not None):
            raise Misconfigured(
                f"{reply.errors} answered the key that is in use ({reply.code}): nothing would "
                "change",
                do="compare the request with the issuer's documentation: it is to make a new key",
                field=place,
            )
        shows_key = parts.key_id is not None and Secret(parts.key_id) == issued.key
        if shows_key and not self._described.is_id_confidential:
            # The next attempt would name it, by its id, as a key that it revokes.
            self._end(parts.key_id or "")
            raise Misconfigured(
                f"{place}.read finds the key itself for its id, which messages would show",
                do='say "confidential": ["id"] in the description if that is so',
                field=place,
            )
        carries = self._described.carries
        if carries and not has_ends(issued.key, carries.text(self._asker.client.of_key(issued))):
            self._end(parts.key_id or "")
            raise Misconfigured(
                f"the key that {place} made does not begin as 'carries' in the description says",
                do="compare 'carries' with the issuer's documentation",
                field="issuer.carries",
            )
        try:
            self._asker.client.probe_call(issued)
        except MalformedSecret:
            raise reply.errors.invalid_answer(reply.code) from None

    def _refuse(self, issued: ApiKey, shortfall: str) -> None:
        """Raises TargetMismatch, unless the new key is the only one that is left."""
        named = "the new key"
        if issued.key_id is not None and issued.way is Way.ISSUED:
            named = f"the new key {self._asker.client.key_name(issued.key_id)}"
        if issued.way is Way.REPLACED and issued.slot is None:
            LOG.warning("%s %s: it is stored, as the one before has ended", named, shortfall)
            return
        if issued.key_id is not None:
            self._end(issued.key_id)
        raise TargetMismatch(
            f"{named} {shortfall}",
            do="see that the issuer's limits, and the rights of whoever asked for it, allow what "
            "the current key has; or issue one that has less, and store that",
            field=self._described.renew.place,
        )

    def _end(self, key_id: str) -> None:
        """End a key that nobody gets, where that can be."""
        if self._described.way is not Way.ISSUED or key_id == self._managed.key_id:
            return
        try:
            self._endings.revoke(self._managed, key_id, None)
        except RotationError as error:
            LOG.warning("a key that is not used could not be ended: %s", error)
