"""Keys that an issuer makes beside the old one, which ends a rotation later."""

import logging
from collections.abc import Iterable, Iterator, Sequence

from shared.api_key import ApiKey
from shared.contract import Ticket
from shared.errors import Busy, TargetMismatch
from shared.key_issuer import KeyIssuer, KeyManager, OwnedKey
from shared.old_keys import Ends

LOG = logging.getLogger(f"rotation.{__name__}")


class IssuedKey:
    """Keys overlap: the current one is accepted at every moment, the previous one for an interval.

    Every key is labelled with the secret and the id of the version it was made for, so a key lost
    in a crash is found by its label: by the next attempt, or at the next rotation.
    """

    def __init__(self, issuer: KeyIssuer, ends: Ends) -> None:
        self._issuer = issuer
        self._ends = ends

    def mint(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """Have a key issued for this version, with the limits of the one it replaces.

        First revokes the previous version's key, and keys of ours that no version holds.
        Where another attempt or copy has stored one already, gives that.
        Raises TargetMismatch where the current key is not live any more.
        """
        manager = self._issuer.manage(current, ticket)
        if not manager.labels:  # or no list will tell that this was done before
            stored = ticket.stored()
            if stored is not None:
                return stored
        live = manager.owned()
        old = _find(live, current, manager.label(ticket.current_version_id))
        if old is None and manager.keeps:
            raise _not_live(current)
        before = [key for key in live if key.label == manager.label(ticket.version_id)]
        if before:
            stored = _stored(ticket)
            if stored is not None:
                _end(manager, before, but=stored)
                return stored
            if not manager.repeatable:
                _end(manager, before)
        elif self._ends.due(old.created) if old else not self._ends.after:
            _end(manager, _leftover(live, current, old, manager, ticket))
        minted = manager.make(current, old.kept if old else {})
        if manager.repeatable:
            _end(manager, before, but=minted)
        return minted

    def discard(self, minted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Revoke the key, unless it is the one that is stored."""
        stored = _stored(ticket)
        if minted.key_id is not None and (stored is None or stored.key != minted.key):
            self._issuer.manage(ticket.current(), ticket).revoke(minted.key_id)

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Nothing: a key works from the moment it is issued."""

    def settle(self, live: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """End the previous key now, where that is asked for."""
        previous = ticket.previous()
        if previous is None or previous.account != live.account or previous.key == live.key:
            return
        manager = self._issuer.manage(live, ticket)
        if previous.key_id is not None:
            ending: Iterable[str] = (previous.key_id,)
        else:  # the secret has no field for the id: by its label then
            mine = manager.label(ticket.version_id)
            ours = mine.removesuffix(ticket.version_id)
            listed = manager.owned()
            ending = [k.key_id for k in listed if k.label.startswith(ours) and k.label != mine]
        held = set(_pinned_ids(ticket))
        for key_id in ending:
            if key_id != live.key_id and key_id not in held:
                manager.revoke(key_id)
                LOG.info("revoked key %s", key_id)


def _find(live: Sequence[OwnedKey], current: ApiKey, label: str) -> OwnedKey | None:
    """The current key among the live ones: by its id, else by the label of its version."""
    for key in live:
        if key.key_id == current.key_id or (current.key_id is None and key.label == label):
            return key
    return None


def _leftover(
    live: Sequence[OwnedKey],
    current: ApiKey,
    old: OwnedKey | None,
    manager: KeyManager,
    ticket: Ticket[ApiKey],
) -> Sequence[OwnedKey]:
    """The live keys to revoke; none that is without our label and was never in this secret."""
    ours = manager.label(ticket.version_id).removesuffix(ticket.version_id)
    # Without ids, a key lost in a crash cannot be told from the current one by its label.
    twin = old.label if old and current.key_id is None else None
    others = [key for key in live if key.key_id != current.key_id and key.label != twin]
    if old is None and current.key_id is None:
        # Which of ours is in use cannot be told: one that was stored again by hand, maybe.
        if any(key.label.startswith(ours) for key in others):
            LOG.warning("no key is revoked: which one is current is known after this rotation")
        return []
    kept = set(_pinned_ids(ticket)) | _pinned_labels(manager, ticket)
    strangers = not all(key.label.startswith(ours) for key in others)
    held = _held(current, ticket, every=not manager.labels) if strangers else set()
    return [
        key
        for key in others
        if (key.label.startswith(ours) or key.key_id in held) and not {key.key_id, key.label} & kept
    ]


def _held(current: ApiKey, ticket: Ticket[ApiKey], *, every: bool) -> set[str]:
    """The ids of keys that were in this secret before, such as a first one made by hand.

    every: also those of rotations that were given up, where no label says whose they are.
    """
    stored = [ticket.previous()]
    if every or (stored[0] is not None and stored[0].key == current.key):
        # The secret was edited by hand since: the key before has no label of AWS's any more,
        # nor one of ours if it was made by hand.
        stored += ticket.strays()
    return {
        each.key_id for each in stored if each and each.key_id and each.account == current.account
    }


def _pinned_ids(ticket: Ticket[ApiKey]) -> Iterator[str]:
    """The ids of keys that a version holds which somebody gave a label of their own."""
    return (key.key_id for key in ticket.pinned().values() if key and key.key_id)


def _pinned_labels(manager: KeyManager, ticket: Ticket[ApiKey]) -> set[str]:
    return {manager.label(version_id) for version_id in ticket.pinned()}


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
            manager.revoke(key.key_id)
            LOG.info("revoked key %s", key.key_id)


def _not_live(current: ApiKey) -> TargetMismatch:
    which = f" '{current.key_id}'" if current.key_id else ""
    return TargetMismatch(
        f"the issuer lists no live key{which} of {current.account.owner!r}: it has expired or was "
        f"revoked, or '{current.fields.get('id', 'label')}' is not of '{current.fields['key']}'",
        do="issue a key with the rights it is to have, and store it with PutSecretValue",
        field=current.fields.get("id"),
    )
