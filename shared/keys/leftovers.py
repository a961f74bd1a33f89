"""Which live keys a rotation ends: the one before, and ours that no version holds."""

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

from shared.errors import Forbidden, Rejected, TargetMismatch
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer, KeyManager, OwnedKey
from shared.keys.ends import Ends
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


class Leftovers:
    """An account's keys beside the current one, as one step sees them; gives ids to revoke.

    Never one that a pinned version holds, that was never in this secret and is not labelled for
    it, or that is labelled for another secret.
    """

    def __init__(self, issuer: KeyIssuer, manager: KeyManager, ticket: Ticket[ApiKey]) -> None:
        self._issuer = issuer
        self._manager = manager
        self._ticket = ticket
        self._mine = manager.key_label(ticket.version_id) if manager.can_label else ""
        self._label = self._mine.removesuffix(ticket.version_id)

    def find(self, live: Sequence[OwnedKey], current: ApiKey) -> OwnedKey | None:
        """The current key among the live ones: by its id, else by the label of its version."""
        for key in live:
            if key.key_id == current.key_id:
                return key
        if current.key_id is not None or not self._manager.can_label:
            return None
        label = self._manager.key_label(self._ticket.current_version_id)
        return next((key for key in live if key.label == label), None)

    def of_this_version(self, live: Sequence[OwnedKey]) -> list[OwnedKey]:
        """Those that an earlier attempt, or another copy, has had made for this version."""
        return [key for key in live if self._manager.can_label and key.label == self._mine]

    def ours(self, key: OwnedKey) -> bool:
        """Whether it was made for a version of this secret, which only we can have done."""
        # Without labels, or a word before the version's id, every key would begin with it.
        return bool(self._label) and key.label.startswith(self._label)

    def before_next(
        self, live: Sequence[OwnedKey], current: ApiKey, old: OwnedKey | None, ends: Ends
    ) -> list[str]:
        """What ends as a rotation begins; `old` is the current key among the live ones.

        Raises Misconfigured where it cannot be told which are due.
        """
        if not self._manager.can_list:
            ends.due(None)
            held = self._held(current, every=False)
            return [each for each in held if each != current.key_id and not self._pinned(each)]
        # Without ids, a key lost in a crash cannot be told from the current one by its label.
        twin = old.label if old and current.key_id is None else None
        others = [key for key in live if key.key_id != current.key_id and key.label != twin]
        if old is None:
            # Any of ours may be the one in use: stored again by hand, or with a wrong id.
            if any(self.ours(key) for key in others):
                LOG.warning("no key is revoked: which one is current is known after this rotation")
            return []
        ends.due(old.created)
        strangers = not all(self.ours(key) for key in others)
        # Without labels, those of given-up rotations as well; after a while, the first one as well.
        every = not self._manager.can_label or bool(ends.after)
        held = self._held(current, every=every) if strangers else {}
        ended = [key for key in others if self.ours(key) or key.key_id in held]
        return [
            key.key_id
            for key in ended
            if ends.due(self._successor_made(key, old, live))
            and self._may_end(key, held.get(key.key_id))
        ]

    def at_finish(self, live: ApiKey) -> list[str]:
        """What ends as soon as `live` is in use: the key before it."""
        previous = self._ticket.previous()
        if previous is None or previous.account != live.account or previous.key == live.key:
            return []
        if not self._manager.can_list:
            ids = [previous.key_id] if previous.key_id else []
            return [each for each in ids if each != live.key_id and not self._pinned(each)]
        listed = [key for key in self._manager.listed() if key.key_id != live.key_id]
        if previous.key_id is None:  # the secret has no field for the id: by its label then
            listed = [key for key in listed if self.ours(key) and key.label != self._mine]
        else:
            listed = [key for key in listed if key.key_id == previous.key_id]
        return [key.key_id for key in listed if self._may_end(key, previous)]

    def _successor_made(
        self, key: OwnedKey, old: OwnedKey, live: Sequence[OwnedKey]
    ) -> datetime | None:
        """When the next younger key of ours was made; None where the issuer does not say."""
        before = self._ticket.previous()
        if key.created is None or (before is not None and before.key_id == key.key_id):
            return old.created
        ours = [each for each in live if each is not key and (each is old or self.ours(each))]
        made = [each.created for each in ours if each.created and each.created >= key.created]
        return min(made, default=datetime.now(UTC))  # the next one's is made now

    def _may_end(self, key: OwnedKey, held: ApiKey | None) -> bool:
        """Whether it is this secret's to end; held: as a version that a person may have written.

        Whoever may write the secret could name any key of the account there, so such a one is
        used first.
        """
        if self._pinned(key.key_id, key.label):
            return False
        if self.ours(key):
            return True
        if held is None:
            return False
        if self._of_another_secret(key.label):
            LOG.warning("key %s is not revoked: it is labelled for another secret", key.key_id)
            return False
        try:
            self._issuer.probe(held)
        except (Rejected, Forbidden, TargetMismatch):
            LOG.warning("key %s is not revoked: what was stored with it does not work", key.key_id)
            return False
        return True

    def _of_another_secret(self, label: str) -> bool:
        if not self._label:
            return False
        form = re.escape(self._label).replace(re.escape(self._ticket.secret_arn), r"arn:\S+")
        form = re.sub(r"[0-9a-f]{20}", "[0-9a-f]{20}", form)  # a tag, which stands for an ARN
        return re.match(form + ".", label) is not None

    def _pinned(self, key_id: str, label: str | None = None) -> bool:
        """Whether a version holds it which somebody gave a label of their own."""
        ids = {key.key_id for key in self._pins.values() if key}
        if key_id in ids or not self._manager.can_label:
            return key_id in ids
        return label in {self._manager.key_label(each) for each in self._pins}

    @cached_property
    def _pins(self) -> Mapping[str, ApiKey | None]:
        return self._ticket.custom_labelled()

    def _held(self, current: ApiKey, *, every: bool) -> Mapping[str, ApiKey]:
        """Keys that were in this secret before by id, such as a first one made by hand.

        every: also those of versions that have no label any more.
        """
        stored = [self._ticket.previous()]
        if every or (stored[0] is not None and stored[0].key == current.key):
            # The secret was edited by hand since: the key before has no label of AWS's any more,
            # nor one of ours if it was made by hand.
            stored += self._ticket.unlabelled()
        mine = [each for each in stored if each and each.account == current.account]
        return {each.key_id: each for each in reversed(mine) if each.key_id}
