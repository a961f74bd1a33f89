"""Keys in two places that take turns, of which a pinned version may hold one."""

import logging

from shared.errors import Misconfigured, Rejected
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


def check_other_slot(issuer: KeyIssuer, live: ApiKey, ticket: Ticket[ApiKey]) -> None:
    """Raises Misconfigured where the next key would take the place of one that is pinned."""
    if is_other_pinned(issuer, live, ticket):
        raise Misconfigured(
            "the next key would end the one in the other slot, which a version holds that "
            "somebody gave a label of their own",
            do="take that label off the version, and rotate again",
            field=live.fields["slot"],
        )


def may_end_other(issuer: KeyIssuer, live: ApiKey, ticket: Ticket[ApiKey]) -> bool:
    """Whether there is a key in another slot that may end now."""
    if live.slot is None:
        return False
    if is_other_pinned(issuer, live, ticket):
        LOG.warning("the key in the other slot is not ended: a pinned version holds it")
        return False
    return True


def is_other_pinned(issuer: KeyIssuer, live: ApiKey, ticket: Ticket[ApiKey]) -> bool:
    """Whether a pinned version holds a key of the other slot that is live still."""
    if live.slot is None:
        return False
    return any(
        key.slot != live.slot and _is_live(issuer, key)
        for key in ticket.custom_labelled().values()
        if key is not None and key.account == live.account and key.key != live.key
    )


def _is_live(issuer: KeyIssuer, key: ApiKey) -> bool:
    try:
        issuer.probe(key)
    except Rejected:
        return False
    return True
