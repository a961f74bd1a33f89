"""Keys that an issuer makes beside the old one, which ends a rotation later."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.errors import Busy, TargetMismatch, Unreachable
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer, KeyManager, OwnedKey
from shared.keys.ends import Ends
from shared.keys.leftovers import Leftovers
from shared.keys.propagation import probe
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


class IssuedKey:
    """The KeyStrategy of Way.ISSUED.

    Keys overlap: the current one is accepted at every moment, the previous one for an interval.
    Every key is labelled with the secret and the id of the version it was issued for, so a key
    lost in a crash is found by its label: by the next attempt, or at the next rotation.
    """

    def __init__(self, issuer: KeyIssuer, ends: Ends) -> None:
        self._issuer = issuer
        self._ends = ends

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """Have a key issued for this version, with the limits of the one it replaces.

        First revokes the previous version's key, and keys of this secret that no version holds.
        Gives the stored key where another attempt or copy has stored one.
        Raises TargetMismatch where the current key is not accepted any more.
        """
        manager = self._issuer.manage(current, ticket)
        if not manager.can_label:
            # Without labels no list can show that this was done before, so ask the store.
            pending = ticket.pending_if_visible()
            if pending is not None:
                return pending
        listed = manager.listed()
        leftovers = Leftovers(self._issuer, manager, ticket)
        listed_current = leftovers.find_current(listed, current)
        if manager.inherits:
            if listed_current is None:
                raise _not_listed(current)
            if not leftovers.is_of_this_secret(listed_current):
                # The secret could name any key of the account, to be given that one's rights.
                probe(self._issuer, current)
        # Where this step was overtaken, a later rotation's key would be taken for a leftover.
        ticket.ensure_still_this_rotation()
        attempt = _Attempt(manager, ticket, current, listed_current)
        issued_before = leftovers.of_this_version(listed)
        if issued_before:
            return attempt.resume(issued_before)
        ending = leftovers.ending_before_next(listed, current, listed_current, self._ends)
        return attempt.retire_then_issue(ending, listed)

    def discard(self, created: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Revoke the key, unless it is the one that is stored, or that one has its id by now.

        An issuer may give the id of a key that another attempt has ended to the next one.
        """
        if created.key_id is None:
            return
        pending = pending_or_none_after_wait(ticket)
        if pending is not None and (pending.key_id == created.key_id or pending.key == created.key):
            return
        self._issuer.manage(ticket.current(), ticket).revoke(created.key_id)

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Nothing: a key works from the moment it is issued."""

    def end_old_credential(self, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Revoke the previous key now."""
        manager = self._issuer.manage(promoted, ticket)
        for key_id in Leftovers(self._issuer, manager, ticket).ending_at_finish(promoted):
            ticket.ensure_still_this_rotation()
            _revoke(manager, key_id)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One createSecret; `listed_current` is the current key as the issuer lists it."""

    manager: KeyManager
    ticket: Ticket[ApiKey]
    current: ApiKey
    listed_current: OwnedKey | None

    def resume(self, issued_before: Sequence[OwnedKey]) -> ApiKey:
        """Keep the stored one of the keys that this version has already, or issue one more."""
        pending = pending_or_none_after_wait(self.ticket)
        if pending is not None:
            _revoke_all_but(pending, issued_before, self.manager)
            return pending
        if self.manager.idempotent:  # the issuer gives one of them once more
            created = self._issue()
            _revoke_all_but(created, issued_before, self.manager)
            return created
        for key in issued_before:
            _revoke(self.manager, key.key_id)
        return self._issue()

    def retire_then_issue(self, ending: Sequence[str], listed: Sequence[OwnedKey]) -> ApiKey:
        """Revoke the keys with these ids, and have one issued for this version."""
        remaining = [key for key in listed if key.key_id not in ending]
        _require_room(self.manager, self.current, remaining)
        for key_id in ending:
            self.ticket.ensure_still_this_rotation()
            _revoke(self.manager, key_id)
        return self._issue()

    def _issue(self) -> ApiKey:
        """Raises Unreachable saying so where that may leave a key that no rotation will find."""
        kept: Mapping[str, object] = self.listed_current.kept if self.listed_current else {}
        self.ticket.ensure_still_this_rotation()
        try:
            return self.manager.issue(self.current, kept)
        except Unreachable as lost:
            if self.manager.can_label or self.manager.idempotent:
                raise
            raise lost.then(
                "if the issuer made a key all the same, its list does not tell for whom: "
                "revoke there what no version of the secret holds"
            ) from None


def pending_or_none_after_wait(ticket: Ticket[ApiKey]) -> ApiKey | None:
    """The key stored for this version; waits a short while for a copy that is about to store."""
    try:
        return ticket.pending()
    except Busy:
        return None


def _revoke_all_but(survivor: ApiKey, keys: Iterable[OwnedKey], manager: KeyManager) -> None:
    if survivor.key_id is None:  # which of them it is cannot be told
        return
    for key in keys:
        if key.key_id != survivor.key_id:
            _revoke(manager, key.key_id)


def _revoke(manager: KeyManager, key_id: str) -> None:
    manager.revoke(key_id)
    LOG.info("revoked key %s", key_id)


def _require_room(manager: KeyManager, current: ApiKey, keys: Sequence[OwnedKey]) -> None:
    """Raises TargetMismatch naming the keys in the way, where the account has as many as it may."""
    if manager.max_keys is None or len(keys) < manager.max_keys:
        return
    others = [f"'{key.key_id}'" for key in keys if key.key_id != current.key_id]
    raise TargetMismatch(
        f"the issuer allows {manager.max_keys} keys, and this rotation may not end those that "
        f"{current.account.owner!r} has: {', '.join(others) or 'the current one'}",
        do="revoke one that nobody uses at the issuer, and rotate again",
        field=current.fields.get("id"),
    )


def _not_listed(current: ApiKey) -> TargetMismatch:
    which = f" '{current.key_id}'" if current.key_id else ""
    return TargetMismatch(
        f"the issuer lists no accepted key{which} of {current.account.owner!r}: it has expired, "
        f"or was revoked, or '{current.fields.get('id', 'label')}' is not of "
        f"'{current.fields['key']}'",
        do="move AWSCURRENT to a version whose key is accepted, or issue a key with the rights it "
        "is to have and store it with PutSecretValue",
        field=current.fields.get("id"),
    )
