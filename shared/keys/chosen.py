"""Keys of our own choice: stored first, then set at the issuer, like a database's passwords."""

import logging
from collections.abc import Iterator

from shared.errors import Rejected
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer
from shared.keys.propagation import probe
from shared.keys.slots import check_other_slot, may_end_other
from shared.protocol.candidates import Candidate, stored_candidates
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


class ChosenKey:
    """The KeyStrategy of Way.CHOSEN.

    The pending version is stored before the issuer is told, so an attempt after a crash finds the
    key there and sets that one.
    """

    def __init__(self, issuer: KeyIssuer, *, short_gap: bool) -> None:
        self._issuer = issuer
        self._short_gap = short_gap

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """A new key, which is nowhere at the issuer yet."""
        check_other_slot(self._issuer, current, ticket)
        return self._issuer.choose(current)

    def discard(self, created: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Nothing: a key that was never set leaves no trace."""

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Set the key, with the admin's or with whichever stored key the issuer accepts."""
        if pending.admin is not None:
            self._set(pending, ticket.current(), ticket)
        else:
            self._set_with_an_accepted_key(pending, ticket)
        if self._short_gap and pending.slot is None:
            probe(self._issuer, pending)
            ticket.promote()

    def end_old_credential(self, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """End the key in the other slot, by setting one that nobody gets to know."""
        if may_end_other(self._issuer, promoted, ticket):
            self._set(self._issuer.choose(promoted), promoted, ticket)

    def _set(self, chosen: ApiKey, accepted: ApiKey, ticket: Ticket[ApiKey]) -> None:
        manager = self._issuer.manage(accepted, ticket)
        kept = next((key.kept for key in manager.listed()), {}) if manager.inherits else {}
        ticket.ensure_still_this_rotation()
        manager.set_key(chosen, accepted=accepted, kept=kept)

    def _set_with_an_accepted_key(self, pending: ApiKey, ticket: Ticket[ApiKey]) -> None:
        """Raises Rejected where no stored key is accepted, with what the first one was told.

        Falls from one stored key to the next only on Rejected.
        """
        refusal: Rejected | None = None
        for key, version, _ in key_candidates(pending, ticket):
            if refusal:
                LOG.warning("stored keys are rejected: trying that of %s", version)
            try:
                if key.key == pending.key:
                    self._issuer.probe(pending)  # an earlier attempt may have set it
                else:
                    self._set(pending, key, ticket)
            except Rejected as rejected:
                refusal = refusal or rejected
            else:
                return
        if refusal is not None:
            raise refusal
        raise Rejected(
            f"no stored key of {pending.account.owner!r} is accepted",
            do="store a valid one with PutSecretValue and rotate again",
            field=pending.fields["key"],
        )


def key_candidates(pending: ApiKey, ticket: Ticket[ApiKey]) -> Iterator[Candidate[ApiKey]]:
    """The stored keys of this account, the current one first; see stored_candidates."""
    return stored_candidates(
        ticket,
        current=ticket.current(),
        pending=pending,
        belongs=lambda key: key.account == pending.account,
        identity=lambda key: key.key,
    )
