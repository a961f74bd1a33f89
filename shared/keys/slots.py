"""Keys in two slots that take turns: the next key ends the one in the other slot.

That key must not be the one in use, nor end while a version with a custom staging label holds it.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from shared.errors import Misconfigured, Rejected
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer, KeyManager
from shared.keys.leaks import custom_labelled, not_shown
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


def accepted_in_slot(
    issuer: KeyIssuer, manager: KeyManager, ticket: Ticket[ApiKey]
) -> Callable[[ApiKey], ApiKey | None]:
    """Gives a stored key if it is accepted, with its slot by the issuer's word; see accepted_key.

    Which slot is current the secret says too, but a value that was put back, or a wrong name from
    the start, would have the only key that works replaced. And a key that cannot be used from
    here, as through a firewall, says that the next one could not be proved either.
    """

    def use(key: ApiKey) -> ApiKey | None:
        issuer.probe(key)
        if key.slot is None:
            return key
        # Where each key is its own admin, the manager's may be the one that is not accepted.
        asking = manager if key.admin is not None else issuer.manage(key, ticket)
        slot = asking.slot_of(key)
        if slot is None:
            return None
        if slot != key.slot:
            LOG.warning("the key is in slot %s, not in %s as the secret says", slot, key.slot)
        return replace(key, slot=slot)

    return use


def check_other_slot(issuer: KeyIssuer, current: ApiKey, ticket: Ticket[ApiKey]) -> None:
    """Raises Misconfigured where the next key would end one that has a custom staging label."""
    if _is_other_in_use(issuer, current, ticket):
        raise Misconfigured(
            "the next key would end the one in the other slot, which a version with a custom "
            "staging label holds",
            do="take that label off the version, and rotate again",
            field=current.fields["slot"],
        )


def may_end_other(issuer: KeyIssuer, promoted: ApiKey, ticket: Ticket[ApiKey]) -> bool:
    """Whether the key in the other slot may end now; warns where not."""
    if _is_other_in_use(issuer, promoted, ticket):
        LOG.warning(
            "the key in the other slot is not ended: a version with a custom staging label holds it"
        )
        return False
    return True


def leaked_in_other(
    issuer: KeyIssuer, leaked: ApiKey, promoted: ApiKey, ticket: Ticket[ApiKey]
) -> ApiKey:
    """The promoted key in the slot that it is in, where the leaked one is in the other.

    Raises TargetMismatch where it is not, and Misconfigured for a custom staging label.
    """
    if promoted.slot is None:
        raise not_shown(leaked)
    use = accepted_in_slot(issuer, issuer.manage(promoted, ticket), ticket)
    held, other = use(promoted), use(leaked)
    if held is None or other is None or held.slot == other.slot:
        raise not_shown(leaked)
    if _is_other_in_use(issuer, held, ticket):
        raise custom_labelled(leaked)
    return held


def _is_other_in_use(issuer: KeyIssuer, key: ApiKey, ticket: Ticket[ApiKey]) -> bool:
    """Whether a version with a custom staging label holds an accepted key of the other slot."""
    if key.slot is None:
        return False
    return any(
        _is_accepted(issuer, other)
        for other in ticket.custom_labelled().values()
        if other is not None and other.account == key.account and other.key != key.key
    )


def _is_accepted(issuer: KeyIssuer, key: ApiKey) -> bool:
    try:
        issuer.probe(key)
    except Rejected:
        return False
    return True
