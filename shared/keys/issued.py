"""Keys that an issuer makes beside the old one, which ends a rotation later."""

import logging
from collections.abc import Iterable, Sequence

from shared.errors import Busy, TargetMismatch, Unreachable
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer, KeyManager, OwnedKey
from shared.keys.ends import Ends
from shared.keys.leftovers import Leftovers
from shared.keys.propagation import probe
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


class IssuedKey:
    """Keys overlap: the current one is accepted at every moment, the previous one for an interval.

    Every key is labelled with the secret and the id of the version it was made for, so a key lost
    in a crash is found by its label: by the next attempt, or at the next rotation.
    """

    def __init__(self, issuer: KeyIssuer, ends: Ends) -> None:
        self._issuer = issuer
        self._ends = ends

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """Have a key issued for this version, with the limits of the one it replaces.

        First revokes the previous version's key, and keys of ours that no version holds.
        Where another attempt or copy has stored one already, gives that.
        Raises TargetMismatch where the current key is not live any more.
        """
        manager = self._issuer.manage(current, ticket)
        if not manager.can_label:  # or no list will tell that this was done before
            stored = ticket.pending_if_visible()
            if stored is not None:
                return stored
        live = manager.listed()
        leftovers = Leftovers(self._issuer, manager, ticket)
        old = leftovers.find(live, current)
        if old is None and manager.inherits:
            raise _not_live(current)
        if old is not None and manager.inherits and not leftovers.ours(old):
            probe(self._issuer, current)  # or a secret could name any key, to be given its rights
        # Or what a later rotation has made would be taken for a leftover.
        ticket.ensure_still_this_rotation()
        before = leftovers.of_this_version(live)
        if before:
            stored = _stored(ticket)
            if stored is not None:
                _end(manager, before, but=stored)
                return stored
            if not manager.idempotent:
                _end(manager, before)
        else:
            ending = leftovers.before_next(live, current, old, self._ends)
            for key_id in ending:
                ticket.ensure_still_this_rotation()
                _revoke(manager, key_id)
            _require_room(manager, current, [key for key in live if key.key_id not in ending])
        ticket.ensure_still_this_rotation()
        created = _made(manager, current, old)
        if manager.idempotent:
            _end(manager, before, but=created)
        return created

    def discard(self, created: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Revoke the key, unless it is the one that is stored, or that one has its id by now.

        An issuer may give the id of a key that another attempt has ended to the next one.
        """
        stored = _stored(ticket)
        ids = (None, stored.key_id if stored else None)
        if created.key_id not in ids and (stored is None or stored.key != created.key):
            self._issuer.manage(ticket.current(), ticket).revoke(created.key_id)

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Nothing: a key works from the moment it is issued."""

    def end_old_credential(self, live: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """End the previous key now, where that is asked for."""
        manager = self._issuer.manage(live, ticket)
        for key_id in Leftovers(self._issuer, manager, ticket).at_finish(live):
            ticket.ensure_still_this_rotation()
            _revoke(manager, key_id)


def _require_room(manager: KeyManager, current: ApiKey, keys: Sequence[OwnedKey]) -> None:
    """Raises TargetMismatch naming the keys in the way, where the account has as many as it may."""
    if manager.max_keys is None or len(keys) < manager.max_keys:
        return
    others = ", ".join(f"'{key.key_id}'" for key in keys if key.key_id != current.key_id)
    raise TargetMismatch(
        f"the issuer allows {manager.max_keys} keys, and {current.account.owner!r} has as many "
        f"beside those that this rotation may end: {others} of them is in no version of the secret",
        do="revoke it at the issuer if nobody uses it, and rotate again",
        field=current.fields.get("id"),
    )


def _made(manager: KeyManager, current: ApiKey, old: OwnedKey | None) -> ApiKey:
    """Raises Unreachable saying so where that may leave a key that no rotation will find."""
    try:
        return manager.issue(current, old.kept if old else {})
    except Unreachable as lost:
        if manager.can_label or manager.idempotent:
            raise
        raise lost.then(
            "if the issuer made a key all the same, its list does not tell for whom: "
            "revoke there what no version of the secret holds"
        ) from None


def _stored(ticket: Ticket[ApiKey]) -> ApiKey | None:
    """What is stored for this version; waits a short while for a copy that is about to store."""
    try:
        return ticket.pending()
    except Busy:
        return None


def _end(manager: KeyManager, keys: Iterable[OwnedKey], *, but: ApiKey | None = None) -> None:
    if but is not None and but.key_id is None:  # which of them it is cannot be told
        return
    for key in keys:
        if but is None or key.key_id != but.key_id:
            _revoke(manager, key.key_id)


def _revoke(manager: KeyManager, key_id: str) -> None:
    manager.revoke(key_id)
    LOG.info("revoked key %s", key_id)


def _not_live(current: ApiKey) -> TargetMismatch:
    which = f" '{current.key_id}'" if current.key_id else ""
    return TargetMismatch(
        f"the issuer lists no live key{which} of {current.account.owner!r}: it has expired or was "
        f"revoked, or '{current.fields.get('id', 'label')}' is not of '{current.fields['key']}'",
        do="move AWSCURRENT to a version whose key is live, or issue a key with the rights it is "
        "to have and store it with PutSecretValue",
        field=current.fields.get("id"),
    )
