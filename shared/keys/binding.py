"""Whether a stored id is that of the key stored with it, which only the secret says otherwise."""

import logging

from shared.errors import Forbidden, Rejected, TargetMismatch
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer, KeyManager, OwnedKey

LOG = logging.getLogger(f"rotation.{__name__}")


def has_its_id(
    stored: ApiKey, listed: OwnedKey | None, issuer: KeyIssuer, manager: KeyManager
) -> bool:
    """Whether the stored key is accepted, and something shows that it has the id; warns if not.

    Whoever may write the secret could store any id of the account beside a key of their own.
    listed: the key with that id, where the issuer lists keys.
    """
    shows = listed.shows(stored.key) if listed else None
    if shows is False:
        reason = "the issuer shows that what was stored with it is another key"
    elif not _is_accepted(stored, issuer):
        reason = "what was stored with it does not work"
    elif shows is None and not issuer.binds(stored):
        reason = (
            "nothing shows that it is the id of the key stored with it; revoke it at the issuer "
            "once nobody uses it"
        )
    else:
        return True
    LOG.warning("key %s is not revoked: %s", manager.key_name(stored.key_id or ""), reason)
    return False


def _is_accepted(stored: ApiKey, issuer: KeyIssuer) -> bool:
    try:
        issuer.probe(stored)
    except (Rejected, Forbidden, TargetMismatch):
        return False
    return True
