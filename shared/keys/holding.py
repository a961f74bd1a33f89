"""Which of an account's listed keys the secret holds: what the next key takes the place of."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from shared.errors import TargetMismatch
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer, KeyManager, OwnedKey
from shared.keys.leftovers import Leftovers
from shared.keys.proof import accepted_key
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


@dataclass(frozen=True, slots=True)
class Held:
    """The key that the secret holds, and how it is listed; None where it is not."""

    key: ApiKey
    listed: OwnedKey | None


class Holding:
    """Looks for the key that is in use: the current one, else the newest stored one that is live.

    A secret could name any owner and any key of the account: one that is not labelled for this
    secret has to be accepted, too.
    """

    def __init__(
        self,
        issuer: KeyIssuer,
        manager: KeyManager,
        ticket: Ticket[ApiKey],
        leftovers: Leftovers,
    ) -> None:
        self._issuer = issuer
        self._manager = manager
        self._ticket = ticket
        self._leftovers = leftovers

    def find(self, listed: Sequence[OwnedKey], current: ApiKey) -> Held:
        """Raises Rejected where no stored key is accepted; TargetMismatch, see `_not_listed`."""
        found = self._leftovers.find_current(listed, current)
        if found is not None and self._leftovers.is_of_this_secret(found):
            return Held(current, found)
        use = partial(self._accepted, listed, current)
        key = accepted_key(current, self._ticket, self._manager, use) or current
        found = self._leftovers.find_current(listed, key)
        if found is None and self._manager.can_list:
            if self._manager.inherits:
                raise self._not_listed(key)
            LOG.warning("the issuer's list does not show the key of AWSCURRENT: no key is revoked")
        return Held(key, found)

    def _accepted(self, listed: Sequence[OwnedKey], current: ApiKey, key: ApiKey) -> ApiKey | None:
        """The stored key if it is live; raises Rejected, and TargetMismatch for a wrong id."""
        is_current = key.key == current.key
        found = self._leftovers.find_current(listed, key) if is_current or key.key_id else None
        if not is_current and self._manager.can_list:
            if found is None and key.key_id:
                return None
            if found is not None and self._leftovers.is_of_this_secret(found):
                return key
        bound = self._issuer.probe(key)
        if found is None:
            return key
        shows = found.shows(key.key)
        if shows is False:
            if is_current:
                raise self._other_keys_id(key)
            return None
        if shows is None and self._manager.inherits and not bound:
            LOG.warning(
                "nothing shows that the id %s is of the key stored with it; the next key takes "
                "over what that one may do",
                self._manager.key_name(found.key_id),
            )
        return key

    def _not_listed(self, key: ApiKey) -> TargetMismatch:
        which, or_else = "", "it is not labelled for the current version"
        if key.key_id is not None:
            which = f" {self._manager.key_name(key.key_id)}"
            or_else = f"'{key.fields.get('id', 'id')}' is not of '{key.fields['key']}'"
        return TargetMismatch(
            f"the issuer lists no accepted key{which} of {key.account.owner!r}: it has expired, "
            f"or was revoked, or {or_else}",
            do="move AWSCURRENT to a version whose key is accepted, or issue a key with the rights "
            "it is to have and store it with PutSecretValue",
            field=key.fields.get("id"),
        )

    def _other_keys_id(self, key: ApiKey) -> TargetMismatch:
        field = key.fields.get("id", "SecretString")
        return TargetMismatch(
            f"the issuer lists another key of {key.account.owner!r} with the id in '{field}'",
            do=f"store the id of the key in '{key.fields['key']}' with PutSecretValue",
            field=field,
        )
