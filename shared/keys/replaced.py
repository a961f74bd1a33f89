"""Keys that an issuer replaces: in the place of the old one, or of a second one beside it."""

import logging
from collections.abc import Mapping

from shared.errors import GIVE_UP, PendingUnusable, Rejected
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer, KeyManager
from shared.keys.ends import warn_of_early_end
from shared.keys.inherited import inherited
from shared.keys.proof import accepted_key, is_proved, reset_advice
from shared.keys.propagation import probe
from shared.keys.slots import accepted_in_slot, check_other_slot, leaked_in_other, may_end_other
from shared.protocol.contract import Ticket
from shared.protocol.expiry import AT_NEXT_CREATE, ENDED, REPLACED_AT_CREATE

LOG = logging.getLogger(f"rotation.{__name__}")


class ReplacedKey:
    """The KeyStrategy of Way.REPLACED.

    The issuer's answer is the only copy of the new key until it is stored. Without slots the old
    key ends with that request: after a crash before the put no stored key is accepted any more,
    and only the word of the admin's keeper has the key replaced once more.
    """

    def __init__(self, issuer: KeyIssuer, *, short_gap: bool) -> None:
        self._issuer = issuer
        self._short_gap = short_gap

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """Have the key replaced, or give the stored one where an earlier attempt did that.

        Raises Rejected where no stored key is accepted.
        """
        pending = ticket.pending_if_visible()
        if pending is not None:  # to replace the key once more would end this one
            return pending
        manager, accepted, kept = self._begin(current, ticket)
        ticket.ensure_still_this_rotation()
        created = manager.issue(accepted, kept)
        warn_of_early_end(created, ticket)
        return created

    def check(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Look for the accepted key, and at what its successor takes over and would end."""
        self._begin(current, ticket)

    def _begin(
        self, current: ApiKey, ticket: Ticket[ApiKey]
    ) -> tuple[KeyManager, ApiKey, Mapping[str, object]]:
        """All that is looked at before the key is replaced."""
        manager = self._issuer.manage(current, ticket)
        accepted = current
        if current.slot is not None or not is_proved(ticket, current):
            use = accepted_in_slot(self._issuer, manager, ticket)
            accepted = accepted_key(current, ticket, manager, use) or current
            manager = self._issuer.manage(accepted, ticket)
        check_other_slot(self._issuer, accepted, ticket)
        return manager, accepted, inherited(manager, accepted)

    def discard(self, _created: ApiKey, _ticket: Ticket[ApiKey], /) -> None:
        """Only warn: the key it took the place of cannot come back.

        In setSecret, `install` finds out whether the stored key is still accepted.
        """
        LOG.warning("a replaced key could not be stored")

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Prove that the key is accepted; raises PendingUnusable where its slot holds another."""
        try:
            probe(self._issuer, pending, age=self.age(ticket))
        except Rejected as rejected:
            refusal = rejected
        else:
            if self._short_gap and pending.slot is None:
                ticket.promote()
            return
        raise self._refused(pending, ticket, refusal)

    def age(self, ticket: Ticket[ApiKey], /) -> float:
        """The seconds for which the issuer has had the pending key."""
        return ticket.pending_age()

    def expiry(self, pending: ApiKey, _ticket: Ticket[ApiKey], /) -> str:
        """Without slots the issuer replaced it; some let it live on for a while."""
        return REPLACED_AT_CREATE if pending.slot is None else AT_NEXT_CREATE

    def end_old_credential(self, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> str | None:
        """End the key in the other slot, by replacing it with one that nobody gets to know."""
        if promoted.slot is None:
            return self.expiry(promoted, ticket)
        if not may_end_other(self._issuer, promoted, ticket):
            return None
        self._end_other(promoted, ticket)
        return ENDED

    def end_leaked(self, leaked: ApiKey, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """End the key in the other slot, where that is the leaked one."""
        held = leaked_in_other(self._issuer, leaked, promoted, ticket)
        self._end_other(held, ticket, again=True)

    def _end_other(self, promoted: ApiKey, ticket: Ticket[ApiKey], *, again: bool = False) -> None:
        manager = self._issuer.manage(promoted, ticket)
        kept = inherited(manager, promoted)
        ticket.ensure_still_this_rotation(again=again)
        manager.issue(promoted, kept)

    def _refused(
        self, pending: ApiKey, ticket: Ticket[ApiKey], refusal: Rejected
    ) -> Rejected | PendingUnusable:
        """Without slots a refusal has other causes: the version may hold the only key there is."""
        if pending.slot is None:
            what = f"{refusal.what}: it was replaced once more, or has been revoked"
            advice = f"; {reset_advice(ticket)}" if pending.admin is not None else ""
            return Rejected(what, do=f"{GIVE_UP}{advice}", field=refusal.field)
        if self._issuer.manage(pending, ticket).slot_of(pending) is not None:
            return refusal
        return PendingUnusable(
            f"{refusal.what}: it was replaced once more before it was stored",
            do="let nobody else replace this key",
            field=refusal.field,
        )
