"""Which accepted keys a rotation ends: the one before, and this secret's that no version holds."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from shared.keys.api_key import ApiKey
from shared.keys.binding import has_its_id
from shared.keys.contract import KeyIssuer, KeyManager, OwnedKey
from shared.keys.ends import Ends
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


@dataclass(frozen=True, slots=True)
class Ending:
    """A key to be revoked; stored: with its value, where a version that was read has it.

    last_used: as far as the issuer tells. replaced: when its successor was issued, or is, as far
    as the issuer tells: the secret may have been stored again since, with another field in it.
    """

    key_id: str
    stored: ApiKey | None = None
    last_used: datetime | None = None
    replaced: datetime | None = None


class Leftovers:
    """An account's keys beside the current one, as one step sees them; gives keys to revoke.

    Never one that a version with a custom staging label holds, never one that was not in this
    secret and is not labelled for it, never one that is labelled for another secret, and never one
    of which only the secret says that its id is of the key stored with it.
    `listed` is always what the issuer lists: the account's accepted keys.
    """

    def __init__(self, issuer: KeyIssuer, manager: KeyManager, ticket: Ticket[ApiKey]) -> None:
        self._issuer = issuer
        self._manager = manager
        self._ticket = ticket
        self._pending_label = manager.key_label(ticket.version_id) if manager.can_label else ""
        # A key label ends with the version's id, so the rest is the same for all of a secret's.
        self._label_prefix = self._pending_label.removesuffix(ticket.version_id)

    def find_current(self, listed: Sequence[OwnedKey], current: ApiKey) -> OwnedKey | None:
        """The current key among the listed ones: by its id, else by its version's key label."""
        if current.key_id is not None:
            return next((key for key in listed if key.key_id == current.key_id), None)
        if not self._manager.can_label:
            return None
        label = self._manager.key_label(self._ticket.current_version_id)
        return _labelled(listed, label)

    def of_this_version(self, listed: Sequence[OwnedKey]) -> list[OwnedKey]:
        """Those that an earlier attempt, or another copy, had issued for this version."""
        return [
            key for key in listed if self._manager.can_label and key.label == self._pending_label
        ]

    def is_of_this_secret(self, key: OwnedKey) -> bool:
        """Whether it is labelled for a version of this secret, which only we can have done."""
        # Where the issuer has no labels the prefix is empty, and every label begins with that.
        return bool(self._label_prefix) and key.label.startswith(self._label_prefix)

    def ending_before_next(
        self,
        listed: Sequence[OwnedKey],
        current: ApiKey,
        listed_current: OwnedKey | None,
        ends: Ends,
    ) -> list[Ending]:
        """What ends as a rotation begins; `listed_current` is the current key as it is listed.

        Raises Misconfigured where it cannot be told which are due.
        """
        if not self._manager.can_revoke:
            return []
        if not self._manager.can_list:
            ends.require_known_dates(None)
            return self._unlisted(self._stored_by_id(current, every=False).values(), current)
        others = [key for key in listed if not _may_be(key, current, listed_current)]
        if listed_current is None:
            # Any of this secret's may be the one in use: stored again by hand, or with a wrong id.
            return []
        ends.require_known_dates(listed_current.created)
        stored = self._stored_where_needed(others, current, ends)
        successors = [self.successor_created(key, listed_current, listed) for key in others]
        return [
            Ending(
                key.key_id,
                stored.get(key.key_id),
                key.last_used,
                self._replaced(successor, listed_current),
            )
            for key, successor in zip(others, successors, strict=True)
            if (self.is_of_this_secret(key) or key.key_id in stored)
            and ends.due(successor)
            and self._may_end(key, stored.get(key.key_id))
        ]

    def ending_at_finish(self, promoted: ApiKey) -> list[Ending]:
        """What ends as soon as `promoted` is in use: the key before it."""
        previous = self._ticket.previous()
        if previous is None or previous.account != promoted.account or previous.key == promoted.key:
            return []
        return self._ending(previous, promoted) if self._manager.can_revoke else []

    def ending_as_leaked(self, leaked: ApiKey, promoted: ApiKey) -> list[Ending]:
        """What ends so that a leaked key does; nothing where none is shown to be that."""
        if leaked.key_id is not None or not self._manager.can_label:
            return self._ending(leaked, promoted)
        label = self._manager.key_label(self._ticket.leaked_version_id)
        return self._ending(leaked, promoted, label)

    def _ending(self, stored: ApiKey, promoted: ApiKey, label: str = "") -> list[Ending]:
        """What ends so that this stored key does, which `promoted` has replaced.

        label: of the stored key, which is known by it where the secret has no id; without either,
        all keys of the secret end but the promoted one. Never that one: nothing ends where it may
        be any of them, as one that was stored again by hand has the label of an older version.
        """
        if not self._manager.can_list:
            return self._unlisted([stored], promoted)
        listed = self._manager.listed()
        in_use = _labelled(listed, self._pending_label)
        if promoted.key_id is None and in_use is None:
            return []
        others = [key for key in listed if not _may_be(key, promoted, in_use)]
        if stored.key_id is not None:
            ending = [key for key in others if key.key_id == stored.key_id]
        elif label:
            ending = [key for key in others if key.label == label]
        else:
            ending = [key for key in others if self.is_of_this_secret(key)]
        return [Ending(key.key_id, stored) for key in ending if self._may_end(key, stored)]

    def is_custom_labelled(self, stored: ApiKey) -> bool:
        """Whether a version with a custom staging label holds this key."""
        held = [key.key for key in self._custom_labelled.values() if key is not None]
        return stored.key in held

    def find_end(self, stored: ApiKey) -> str:
        """When a key that only expires does, as far as the issuer says, for a person."""
        listed = self._manager.listed() if self._manager.can_list else []
        found = next((key for key in listed if key.key_id == stored.key_id), None)
        if found is None or found.ends is None:
            return "and the issuer does not say when"
        return f"at {found.ends.isoformat(timespec='seconds')}"

    def _unlisted(self, stored: Iterable[ApiKey], in_use: ApiKey) -> list[Ending]:
        """Those of the stored keys that may end at an issuer without a list."""
        return [
            Ending(key.key_id, key)
            for key in stored
            if key.key_id is not None
            and key.key_id != in_use.key_id
            and not self.holds_custom_label(key.key_id)
            and has_its_id(key, None, self._issuer, self._manager)
        ]

    def successor_created(
        self, key: OwnedKey, listed_current: OwnedKey, listed: Sequence[OwnedKey]
    ) -> datetime | None:
        """When this secret's next younger key was issued; None where the issuer does not say."""
        previous = self._ticket.previous()
        if key.created is None or (previous is not None and previous.key_id == key.key_id):
            return listed_current.created
        successors = [
            other.created
            for other in listed
            if other is not key
            and (other is listed_current or self.is_of_this_secret(other))
            and other.created is not None
            and other.created >= key.created
        ]
        # Where none is younger, its successor is the key that this rotation has issued now.
        return min(successors, default=datetime.now(UTC))

    def _replaced(self, successor: datetime | None, current: OwnedKey) -> datetime | None:
        """When clients were given another key: where that is the one in use, as it was stored.

        Or made, where that is longer ago: a person may have stored it again since.
        """
        if successor is None or successor != current.created:
            return successor
        return min(successor, self._ticket.current_created)

    def _may_end(self, key: OwnedKey, stored: ApiKey | None) -> bool:
        """Whether the key is this secret's to end; `stored` has its id, in a version of the secret.

        A key that no label shows to be this secret's must have been stored with its value.
        """
        if self.holds_custom_label(key.key_id, key.label):
            return False
        if self.is_of_this_secret(key):
            return True
        if stored is None:
            return False
        if self._manager.can_label and self._manager.is_key_label(key.label):
            name = self._manager.key_name(key.key_id)
            LOG.warning("key %s is not revoked: it is labelled for another secret", name)
            return False
        return has_its_id(stored, key, self._issuer, self._manager)

    def _stored_where_needed(
        self, others: Sequence[OwnedKey], current: ApiKey, ends: Ends
    ) -> Mapping[str, ApiKey]:
        """The stored keys, by id, where labels do not tell whose the others are."""
        if all(self.is_of_this_secret(key) for key in others):
            return self._stored_by_id(current, every=False) if self._manager.proves_end else {}
        # Without labels, keys of given-up rotations are found in versions without a staging
        # label; where keys end late, so is the first one, which was made by hand.
        every = not self._manager.can_label or bool(ends.after)
        return self._stored_by_id(current, every=every)

    def holds_custom_label(self, key_id: str, label: str | None = None) -> bool:
        """Whether a version with a custom staging label holds the key."""
        versions = self._custom_labelled
        if key_id in {held.key_id for held in versions.values() if held is not None}:
            return True
        if not self._manager.can_label:
            return False
        return label in {self._manager.key_label(version_id) for version_id in versions}

    @cached_property
    def _custom_labelled(self) -> Mapping[str, ApiKey | None]:
        return self._ticket.custom_labelled()

    def _stored_by_id(self, current: ApiKey, *, every: bool) -> Mapping[str, ApiKey]:
        """Keys of the account that earlier versions hold, such as a first one made by hand.

        every: also those of versions that have no staging label any more.
        """
        previous = self._ticket.previous()
        stored = [] if previous is None else [previous]
        if every or (previous is not None and previous.key == current.key):
            # Where both are the same, the secret was edited by hand since the last rotation: the
            # version with the key before has no staging label, nor has that key a label of ours
            # if it was made by hand.
            stored += self._ticket.unlabelled()
        of_account = [key for key in stored if key.account == current.account]
        # Of two with the same id, the first one is the newer.
        return {key.key_id: key for key in reversed(of_account) if key.key_id}


def _labelled(listed: Sequence[OwnedKey], label: str) -> OwnedKey | None:
    return next((key for key in listed if label and key.label == label), None)


def _may_be(key: OwnedKey, current: ApiKey, listed_current: OwnedKey | None) -> bool:
    """Whether the key is the current one, as far as id and label tell."""
    if current.key_id is not None:
        return key.key_id == current.key_id
    # Without an id, a key lost in a crash has the same label and cannot be told from it.
    return listed_current is not None and key.label == listed_current.label
