"""A user's keys, issued and ended by the function's role."""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property

from rotators.iam.account.issuance import Issuance
from rotators.iam.account.labels import is_label, label_of
from rotators.iam.account.user import ListedKey, User
from rotators.iam.aws.calls import Calls
from rotators.iam.aws.errors import Gone
from shared.errors import TargetMismatch
from shared.keys.api_key import ApiKey
from shared.keys.contract import OwnedKey
from shared.protocol.contract import Ticket

# What a key's id looks like. What stands in its field and does not is never shown: people put the
# key itself there.
_ID = re.compile(r"A[A-Z0-9]{15,31}")
MOST_KEYS = 2  # IAM User Guide, "IAM and AWS STS quotas": access keys per user, not adjustable


class Manager:
    """See KeyManager; key: the one that is managed."""

    inherits = True  # whose the current key is IAM's list has to say
    idempotent = False
    can_list = True
    can_label = True
    tells_use = True
    can_revoke = True
    proves_end = False
    may_reset = False
    max_keys: int | None = MOST_KEYS

    def __init__(self, calls: Calls, key: ApiKey, ticket: Ticket[ApiKey]) -> None:
        self._calls = calls
        self._key = key
        self._ticket = ticket
        self._name = key.account.owner
        self._retired: list[str] = []  # inactive, and to be deleted as this step makes a key
        self._deleted: set[str] = set()

    def key_label(self, version_id: str) -> str:
        """What a key issued for this version is labelled with."""
        return label_of(self._ticket.secret_arn, version_id)

    def is_key_label(self, label: str) -> bool:
        """Whether this could be a label of any secret's key."""
        return is_label(label)

    def listed(self) -> Sequence[OwnedKey]:
        """The user's keys, inactive ones too: those count as well."""
        return self._user.keys

    def inspect(self, listed: OwnedKey, current: ApiKey, /) -> OwnedKey:
        """The key itself; raises TargetMismatch where no next one is to be made for this secret."""
        name, field = self.key_name(listed.key_id), current.fields["id"]
        if is_label(listed.label) and not listed.label.startswith(self.key_label("")):
            raise TargetMismatch(
                f"key {name} of user {self._name!r} is another secret's by its tag, whose rotations"
                " make and end the user's keys",
                do="let one secret have the user's keys; if the other is gone, take the tag "
                f"{name} off the user with UntagUser, and rotate again",
                field=field,
            )
        if isinstance(listed, ListedKey) and not listed.is_active:
            raise TargetMismatch(
                f"key {name} of user {self._name!r} is inactive, so no next one is made: somebody "
                "may want the user to have none",
                do="make it active with UpdateAccessKey, and rotate again",
                field=field,
            )
        return listed

    def slot_of(self, key: ApiKey, /) -> str | None:
        """Users have no slots."""
        del key
        return None

    def key_name(self, key_id: str, /) -> str:
        """The id, which is not confidential."""
        return key_id if _ID.fullmatch(key_id) else "with the id in the secret"

    def issue(self, current: ApiKey, kept: Mapping[str, object]) -> ApiKey:
        """A key of the user; those that this step ended are deleted, to have room.

        Where another copy of this step was first, what that one has stored.
        """
        del kept  # rights are the user's, and keys have none
        for key_id in self._retired:
            self._delete(key_id)
        return Issuance(self._calls, self._ticket, self._user, current, self._deleted).issue()

    def set_key(self, chosen: ApiKey, *, accepted: ApiKey, kept: Mapping[str, object]) -> None:
        """IAM makes keys itself."""
        raise NotImplementedError

    def revoke(self, key_id: str, stored: ApiKey | None = None) -> None:
        """Make a key inactive, which can be undone until the next one takes its place.

        A key of this very version, which the version does not hold, nobody has: it is deleted.
        """
        del stored
        listed = self._user.key(key_id)
        if listed is None or listed.label == self.key_label(self._ticket.version_id):
            self._delete(key_id)
            return
        if listed.is_active:
            with suppress(Gone):
                self._calls.ask(
                    "update_access_key",
                    self._name,
                    UserName=self._name,
                    AccessKeyId=key_id,
                    Status="Inactive",
                )
        self._retired.append(key_id)

    def check_ended(self, key_ids: Collection[str], /) -> None:
        """IAM has answered that they are inactive, or gone."""

    def _delete(self, key_id: str) -> None:
        self._deleted.add(key_id)
        with suppress(Gone):
            self._calls.ask(
                "delete_access_key", self._name, UserName=self._name, AccessKeyId=key_id
            )

    @cached_property
    def _user(self) -> User:
        return User.read(self._calls, self._name, in_use=self._key.key_id)
