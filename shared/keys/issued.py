"""Keys that an issuer makes beside the old one, which ends a rotation later."""

from collections.abc import Mapping, Sequence
from functools import partial

from shared.errors import Rejected
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer, KeyManager, OwnedKey
from shared.keys.ends import Ends, warn_of_early_end, warn_of_end_before_rotation
from shared.keys.holding import Holding
from shared.keys.issuing import Issuing, pending_or_none_after_wait, revoke
from shared.keys.leaks import custom_labelled, not_shown, only_expires
from shared.keys.leftovers import Ending, Leftovers
from shared.keys.proof import accepted_key
from shared.keys.seeing import readers_of
from shared.keys.slots import accepted_in_slot
from shared.keys.spared import spared_of
from shared.protocol.contract import Ticket
from shared.protocol.expiry import ENDED, EXPIRES
from shared.protocol.readers import Hold, warn_of

_CAN_REVOKE = "keys can be revoked"


class IssuedKey:
    """The KeyStrategy of Way.ISSUED.

    Keys overlap: the current one is accepted at every moment, the previous one for an interval.
    Every key is labelled with the secret and the id of the version it was issued for, so a key
    lost in a crash is found by its label: by the next attempt, or at the next rotation.
    """

    def __init__(self, issuer: KeyIssuer, ends: Ends, hold: Hold) -> None:
        self._issuer = issuer
        self._ends = ends
        self._hold = hold

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
            ending = self._ending(attempt, leftovers)
            look = partial(readers_of, attempt.manager, ending, ticket)
            self._hold.wait(ticket, partial(look, lately=True))
            warn_of(look)
            created = attempt.retire_then_issue(ending)
        warn_of_early_end(created, ticket)
        return created

    def check(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Look for the key, at what its successor would be, and at whether there is room for it."""
        manager = self._issuer.manage(current, ticket)
        attempt, leftovers = self._begin(manager, current, ticket)
        if attempt.held.listed is not None:
            warn_of_end_before_rotation(attempt.held.listed, ticket)
        if not leftovers.of_this_version(attempt.listed):
            ending = self._ending(attempt, leftovers)
            attempt.require_room(ending)
            warn_of(partial(readers_of, attempt.manager, ending, ticket))

    def _begin(
        self, manager: KeyManager, current: ApiKey, ticket: Ticket[ApiKey]
    ) -> tuple[Issuing, Leftovers]:
        """All that is looked at before anything is changed."""
        manager, listed = self._listed(manager, current, ticket)
        leftovers = Leftovers(self._issuer, manager, ticket)
        held = Holding(self._issuer, manager, ticket, leftovers).find(listed, current)
        if held.key.key != current.key:
            manager = self._issuer.manage(held.key, ticket)
        kept: Mapping[str, object] = {}
        if held.listed is not None:
            kept = manager.inspect(held.listed, held.key).kept
        spared = partial(spared_of, leftovers, listed, held.listed, self._ends)
        return Issuing(manager, ticket, held, kept, listed, spared), leftovers

    def _ending(self, attempt: Issuing, leftovers: Leftovers) -> Sequence[Ending]:
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
        ending = leftovers.ending_as_leaked(leaked, promoted)
        if not ending:
            raise not_shown(leaked)
        revoke(manager, ending, ticket, again=True)
