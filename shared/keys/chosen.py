"""Keys of our own choice: stored first, then set at the issuer, like a database's passwords."""

import logging
from collections.abc import Iterator

from shared.errors import Rejected
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer
from shared.keys.propagation import probe
from shared.keys.slots import check_other_slot, may_end_other
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


class ChosenKey:
    """The pending version is the journal: whatever a crash leaves, the next attempt goes on."""

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
        """Set the key, by the admin's hand or by that of whichever stored key is live."""
        if pending.admin is not None:
            self._put(pending, ticket.current(), ticket)
        else:
            self._put_itself(pending, ticket)
        if self._short_gap and pending.slot is None:
            probe(self._issuer, pending)
            ticket.promote()

    def end_old_credential(self, live: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """End the key in the other slot, by setting one that nobody gets to know."""
        if may_end_other(self._issuer, live, ticket):
            self._put(self._issuer.choose(live), live, ticket)

    def _put(self, chosen: ApiKey, live: ApiKey, ticket: Ticket[ApiKey]) -> None:
        manager = self._issuer.manage(live, ticket)
        kept = next((key.kept for key in manager.listed()), {}) if manager.inherits else {}
        ticket.ensure_still_this_rotation()
        manager.set_key(chosen, live=live, kept=kept)

    def _put_itself(self, pending: ApiKey, ticket: Ticket[ApiKey]) -> None:
        """Falls from one stored key to the next only on Rejected."""
        refusal: Rejected | None = None
        for key, source in _stored(pending, ticket):
            if source:
                LOG.warning("the current key is rejected: trying %s", source)
            try:
                if key.key == pending.key:
                    self._issuer.probe(pending)
                else:
                    self._put(pending, key, ticket)
            except Rejected as rejected:
                refusal = refusal or rejected
            else:
                return
        raise refusal or Rejected(
            f"no stored key of {pending.account.owner!r} is accepted",
            do="store a valid one with PutSecretValue and rotate again",
            field=pending.fields["key"],
        )


def _stored(pending: ApiKey, ticket: Ticket[ApiKey]) -> Iterator[tuple[ApiKey, str]]:
    """The stored keys of this account, each with what a warning calls it; no key twice."""
    tried = []
    for key, source in _every(pending, ticket):
        if key.account == pending.account and key.key not in tried:
            tried.append(key.key)
            yield key, source


def _every(pending: ApiKey, ticket: Ticket[ApiKey]) -> Iterator[tuple[ApiKey, str]]:
    yield ticket.current(), ""
    yield pending, "the pending one"
    previous = ticket.previous()
    if previous is not None:
        yield previous, "the previous one"
    for stray in ticket.unlabelled():
        yield stray, "one of a version without a label"
