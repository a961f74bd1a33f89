"""An account at a described issuer, managed with the admin's key or the current one."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from rotators.http_api_key.account.asker import Asker
from rotators.http_api_key.account.endings import Endings
from rotators.http_api_key.account.issuance import Issuance
from rotators.http_api_key.account.listing import ListedKey, with_parts
from rotators.http_api_key.account.lists import Lists
from rotators.http_api_key.account.takeover import Takeover
from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.templates import Values
from shared.keys.api_key import ApiKey
from shared.keys.contract import OwnedKey
from shared.passwords import PasswordPolicy

TAG_LENGTH = 20
# What may stand for each name in a key label; a tag is the beginning of a hash.
_IN_LABELS = {"arn": r"arn:\S+", "tag": f"[0-9a-f]{{{TAG_LENGTH}}}", "version": "."}


class Manager:
    """Issues, lists and revokes; see KeyManager.

    key: the key that is managed.
    facts: what {arn}, {tag} and {version} stand for.
    policy: what a key is like that is chosen here.
    """

    def __init__(
        self,
        asker: Asker,
        key: ApiKey,
        facts: Mapping[str, str],
        policy: PasswordPolicy,
        *,
        may_reset: bool,
    ) -> None:
        self._asker = asker
        self._described: Description = asker.described
        self._key = key
        self._facts = facts
        self._lists = Lists(asker, key)
        self._endings = Endings(asker, self._lists.keys)
        self._issuance = Issuance(asker, key, self._endings, policy)
        listing = self._described.list
        self.inherits = _is_bound_by_current(self._described)
        self.idempotent = self._described.idempotent
        self.can_list = listing is not None
        self.can_label = listing is not None and "label" in listing.found
        self.tells_use = listing is not None and "last_used" in listing.found
        self.can_revoke = not self._described.revoke_expires
        self.can_tell_slots = self._described.slot_list is not None
        self.proves_end = self._described.is_revocation_proved
        self.may_reset = may_reset
        self.max_keys: int | None = None  # a description does not say

    def key_label(self, version_id: str) -> str:
        """What a key issued for this version is labelled with."""
        return label_text(self._described, self._facts, version_id)

    def is_key_label(self, label: str) -> bool:
        """Whether some secret's ARN, or the tag that stands for it, and a version are in it."""
        pieces = self._described.label.pieces
        shape = "".join(
            re.escape(piece) if isinstance(piece, str) else _IN_LABELS[piece.root]
            for piece in pieces
        )
        return re.match(shape, label) is not None

    def key_name(self, key_id: str, /) -> str:
        """What messages and logs call a key, whose id may be confidential."""
        return self._asker.client.key_name(key_id)

    def listed(self) -> Sequence[ListedKey]:
        """The account's accepted keys, of every page; raises Misconfigured."""
        keys = self._lists.keys()
        # The key in use was used: of a list that says it of none, nothing can be read.
        is_told = any(key.last_used for key in keys) and not any(k.has_unread_use for k in keys)
        self.tells_use = self.tells_use and is_told
        return keys

    def slot_of(self, key: ApiKey, /) -> str | None:
        """The slot that holds the key by the issuer's word; None for neither."""
        return self._lists.slot_of(key)

    def inspect(self, listed: OwnedKey, current: ApiKey, /) -> OwnedKey:
        """The listed current key, with all that its successor takes over of it.

        Raises TargetMismatch where its successor would be of another kind, or where the key has
        less than it was issued with.
        """
        if not isinstance(listed, ListedKey):
            raise TypeError("a key that another manager listed")
        described = self._described
        name = self.key_name(listed.key_id) if listed.key_id else ""
        takeover = Takeover(described, current, f"key {name}" if name else "the current key")
        listing = described.list or described.slot_list
        if listing is not None:
            takeover.refuse(listing.refuse, listed.item)
        for request in described.inspect if described.needs_inspection else ():
            values = self._asker.values(replace(current, key_id=listed.key_id or current.key_id))
            reply = self._asker.ask(request, values)
            takeover.refuse(request.refuse, reply.json)
            listed = with_parts(listed, request.found, reply)
        return takeover.kept(listed)

    def issue(self, current: ApiKey, kept: Mapping[str, object]) -> ApiKey:
        """The key that the issuer makes for the version; raises Misconfigured, TargetMismatch."""
        return self._issuance.issue(current, kept)

    def set_key(self, chosen: ApiKey, *, accepted: ApiKey, kept: Mapping[str, object]) -> None:
        """Set the key; raises RejectedByPolicy where its value is refused."""
        self._issuance.set_key(chosen, accepted=accepted, kept=kept)

    def revoke(self, key_id: str, stored: ApiKey | None = None) -> None:
        """End a key; one that is already gone is a success. Raises Forbidden."""
        self._endings.revoke(self._key, key_id, stored)

    def check_ended(self, key_ids: Collection[str], /) -> None:
        """Warn of revoked keys that are accepted all the same, as far as the issuer tells."""
        self._endings.check(key_ids)

    def credentials_once(self) -> Mapping[str, str]:
        """The headers that say who issues and revokes."""
        return self._asker.credentials_once()


def label_text(described: Description, facts: Mapping[str, str], version_id: str) -> str:
    """What a key for this version is labelled with; facts: see Manager."""
    return described.label.text(Values(plain={**facts, "version": version_id}))


def _is_bound_by_current(described: Description) -> bool:
    """Whether what the issuer tells of the current key decides on the next one, or on whether."""
    telling = (described.list, described.slot_list, *described.inspect)
    return bool(
        described.kept_names
        or described.compared_names
        or described.refuses_ends
        or any(request.refuse for request in telling if request is not None)
    )
