"""Keys that an issuer replaces: in the place of the old one, or of a second one beside it."""

import logging

from shared.errors import PendingUnusable, Rejected
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer
from shared.keys.propagation import probe
from shared.keys.slots import check_other_slot, may_end_other
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


class ReplacedKey:
    """The KeyStrategy of Way.REPLACED.

    The issuer's answer is the only copy of the new key until it is stored. Without slots the old
    key ends with that request, so after a crash before the put only an admin can replace the key
    once more; the key itself cannot.
    """

    def __init__(self, issuer: KeyIssuer, *, short_gap: bool) -> None:
        self._issuer = issuer
        self._short_gap = short_gap

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """Have the key replaced, or give the stored one where an earlier attempt did that."""
        pending = ticket.pending_if_visible()
        if pending is not None:  # to replace the key once more would end this one
            return pending
        manager = self._issuer.manage(current, ticket)
        check_other_slot(self._issuer, current, ticket)
        kept = next((key.kept for key in manager.listed()), {}) if manager.inherits else {}
        ticket.ensure_still_this_rotation()
        return manager.issue(current, kept)

    def discard(self, _created: ApiKey, _ticket: Ticket[ApiKey], /) -> None:
        """Only warn: the key it took the place of cannot come back.

        In setSecret, `install` finds out whether the stored key is still accepted.
        """
        LOG.warning("a replaced key could not be stored")

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Prove that the key is accepted; raises PendingUnusable where another took its place."""
        try:
            probe(self._issuer, pending)
        except Rejected as rejected:
            raise PendingUnusable(
                f"{rejected.what}: it was replaced once more before it was stored",
                do="let nobody else replace this key",
                field=rejected.field,
            ) from None
        if self._short_gap and pending.slot is None:
            ticket.promote()

    def end_old_credential(self, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """End the key in the other slot, by replacing it with one that nobody gets to know."""
        if may_end_other(self._issuer, promoted, ticket):
            manager = self._issuer.manage(promoted, ticket)
            ticket.ensure_still_this_rotation()
            manager.issue(promoted, {})
