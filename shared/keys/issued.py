"""Keys that an issuer makes beside the old one, which ends a rotation later."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.errors import Busy, Misconfigured, Rejected, TargetMismatch, Unreachable
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer, KeyManager, OwnedKey
from shared.keys.ends import Ends, warn_of_early_end, warn_of_end_before_rotation
from shared.keys.holding import Held, Holding
from shared.keys.leaks import custom_labelled, not_shown, only_expires
from shared.keys.leftovers import Ending, Leftovers
from shared.keys.proof import accepted_key
from shared.keys.slots import accepted_in_slot
from shared.protocol.contract import Ticket
from shared.protocol.expiry import ENDED, EXPIRES

LOG = logging.getLogger(f"rotation.{__name__}")
_CAN_REVOKE = "keys can be revoked"


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
        Raises Rejected or TargetMismatch where no stored key is accepted.
        """
        manager = self._issuer.manage(current, ticket)
        ticket.notes[_CAN_REVOKE] = manager.can_revoke
        if not manager.can_label:
            # Without labels no list can show that this was done before, so ask the store.
            pending = ticket.pending_if_visible()
            if pending is not None:
                return pending
        attempt, leftovers = self._begin(manager, current, ticket)
        # Where this step was overtaken, a later rotation's key would be taken for a leftover.
        ticket.ensure_still_this_rotation()
        issued_before = leftovers.of_this_version(attempt.listed)
        if issued_before:
            created = attempt.resume(issued_before)
        else:
            created = attempt.retire_then_issue(self._ending(attempt, leftovers))
        warn_of_early_end(created, ticket)
        return created

    def check(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Look for the key, at what its successor would be, and at whether there is room for it."""
        manager = self._issuer.manage(current, ticket)
        attempt, leftovers = self._begin(manager, current, ticket)
        if attempt.held.listed is not None:
            warn_of_end_before_rotation(attempt.held.listed, ticket)
        if not leftovers.of_this_version(attempt.listed):
            attempt.require_room(self._ending(attempt, leftovers))

    def _begin(
        self, manager: KeyManager, current: ApiKey, ticket: Ticket[ApiKey]
    ) -> tuple["_Attempt", Leftovers]:
        """All that is looked at before anything is changed."""
        manager, listed = self._listed(manager, current, ticket)
        leftovers = Leftovers(self._issuer, manager, ticket)
        held = Holding(self._issuer, manager, ticket, leftovers).find(listed, current)
        if held.key.key != current.key:
            manager = self._issuer.manage(held.key, ticket)
        kept: Mapping[str, object] = {}
        if held.listed is not None:
            kept = manager.inspect(held.listed, held.key).kept
        return _Attempt(manager, ticket, held, kept, listed), leftovers

    def _ending(self, attempt: "_Attempt", leftovers: Leftovers) -> Sequence[Ending]:
        held = attempt.held
        return leftovers.ending_before_next(attempt.listed, held.key, held.listed, self._ends)

    def _listed(
        self, manager: KeyManager, current: ApiKey, ticket: Ticket[ApiKey]
    ) -> tuple[KeyManager, Sequence[OwnedKey]]:
        """The account's keys, and the manager that listed them.

        Where the current key is its own admin and not accepted, another stored one that is asks.
        Raises Rejected where none is.
        """
        try:
            return manager, manager.listed()
        except Rejected:
            if current.admin is not None:
                raise
        use = accepted_in_slot(self._issuer, manager, ticket)
        accepted = accepted_key(current, ticket, manager, use) or current
        manager = self._issuer.manage(accepted, ticket)
        return manager, manager.listed()

    def discard(self, created: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Revoke the key, unless it is the one that is stored, or that one has its id by now.

        An issuer may give the id of a key that another attempt has ended to the next one.
        """
        if created.key_id is None:
            return
        pending = pending_or_none_after_wait(ticket)
        if pending is not None and (pending.key_id == created.key_id or pending.key == created.key):
            return
        revoke(self._issuer.manage(ticket.current(), ticket), [Ending(created.key_id, created)])

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Nothing: a key works from the moment it is issued."""

    def age(self, ticket: Ticket[ApiKey], /) -> float:
        """The seconds for which the issuer has had the pending key."""
        return ticket.pending_age()

    def expiry(self, _pending: ApiKey, ticket: Ticket[ApiKey], /) -> str | None:
        """Known where createSecret ran in this process, and saw whether keys can be revoked."""
        can_revoke = ticket.notes.get(_CAN_REVOKE)
        if can_revoke is None:
            return None
        return self._ends.expiry if can_revoke else EXPIRES

    def end_old_credential(self, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> str | None:
        """Revoke the previous key now."""
        manager = self._issuer.manage(promoted, ticket)
        ending = Leftovers(self._issuer, manager, ticket).ending_at_finish(promoted)
        revoke(manager, ending, ticket)
        if not manager.can_revoke:
            return EXPIRES
        return ENDED if ending else None

    def end_leaked(self, leaked: ApiKey, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Revoke the leaked key, whenever its rotation was."""
        manager = self._issuer.manage(promoted, ticket)
        leftovers = Leftovers(self._issuer, manager, ticket)
        if not manager.can_revoke:
            raise only_expires(leaked, leftovers.find_end(leaked))
        if leftovers.is_custom_labelled(leaked):
            raise custom_labelled(leaked)
        ending = leftovers.ending(leaked, promoted)
        if not ending:
            raise not_shown(leaked)
        revoke(manager, ending, ticket)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One createSecret; kept: what the key that is in use passes on to the next.

    listed: the account's keys as the step began.
    """

    manager: KeyManager
    ticket: Ticket[ApiKey]
    held: Held
    kept: Mapping[str, object]
    listed: Sequence[OwnedKey]

    def resume(self, issued_before: Sequence[OwnedKey]) -> ApiKey:
        """Keep the stored one of the keys that this version has already, or issue one more."""
        pending = pending_or_none_after_wait(self.ticket)
        if pending is not None:
            self._revoke_all_but(pending, issued_before)
            return pending
        if self.manager.idempotent:  # the issuer gives one of them once more
            created = self._issue()
            self._revoke_all_but(created, issued_before)
            return created
        revoke(self.manager, [Ending(key.key_id) for key in issued_before])
        return self._issue()

    def retire_then_issue(self, ending: Sequence[Ending]) -> ApiKey:
        """Revoke these keys, and have one issued for this version."""
        remaining = self.require_room(ending)
        revoke(self.manager, ending, self.ticket)
        try:
            return self._issue()
        except Misconfigured as refusal:
            others = self._others(remaining)
            if self.manager.can_label or not others:
                raise
            # A key that was lost with its answer may be in the way, and no label tells.
            raise refusal.then(
                f"beside the current key the issuer lists {', '.join(others)}: "
                "end there what no version of the secret holds"
            ) from None

    def _issue(self) -> ApiKey:
        """Raises Unreachable saying so where that may leave a key that no rotation will find."""
        self.ticket.ensure_still_this_rotation()
        try:
            return self.manager.issue(self.held.key, self.kept)
        except Unreachable as lost:
            if self.manager.can_label or self.manager.idempotent:
                raise
            raise lost.then(
                "if the issuer made a key all the same, its list does not tell for whom: "
                "revoke there what no version of the secret holds"
            ) from None

    def _revoke_all_but(self, survivor: ApiKey, keys: Sequence[OwnedKey]) -> None:
        if survivor.key_id is None:  # which of them it is cannot be told
            return
        ending = [Ending(key.key_id) for key in keys if key.key_id != survivor.key_id]
        revoke(self.manager, ending)

    def require_room(self, ending: Sequence[Ending]) -> Sequence[OwnedKey]:
        """The keys that remain once these have ended.

        Raises TargetMismatch naming the keys in the way, where the account may have no more.
        """
        ended = {each.key_id for each in ending}
        keys = [key for key in self.listed if key.key_id not in ended]
        if self.manager.max_keys is None or len(keys) < self.manager.max_keys:
            return keys
        current, others = self.held.key, self._others(keys)
        raise TargetMismatch(
            f"the issuer allows {self.manager.max_keys} keys, and this rotation may not end those "
            f"that {current.account.owner!r} has: {', '.join(others) or 'the current one'}",
            do="revoke one that nobody uses at the issuer, and rotate again",
            field=current.fields.get("id"),
        )

    def _others(self, keys: Sequence[OwnedKey]) -> list[str]:
        """What messages call these keys, without the current one."""
        current = self.held.key.key_id
        return [self.manager.key_name(key.key_id) for key in keys if key.key_id != current]


def pending_or_none_after_wait(ticket: Ticket[ApiKey]) -> ApiKey | None:
    """The key stored for this version; waits a short while for a copy that is about to store."""
    try:
        return ticket.pending()
    except Busy:
        return None


def revoke(
    manager: KeyManager, ending: Sequence[Ending], ticket: Ticket[ApiKey] | None = None
) -> None:
    """End these keys, and warn of those that are accepted all the same.

    ticket: of the rotation that they may end in only, and not in a later one.
    """
    for each in ending:
        name = manager.key_name(each.key_id)
        if not manager.can_revoke:
            LOG.warning("key %s is not revoked: such keys only expire", name)
            continue
        if ticket is not None:
            ticket.ensure_still_this_rotation()
        manager.revoke(each.key_id, each.stored)
        LOG.info("revoked key %s", name)
    if ending and manager.can_revoke:
        manager.check_ended([each.key_id for each in ending])
