"""A user as one step sees it: the keys, and for whom each was made."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from rotators.iam.account.labels import MAKING, Making
from rotators.iam.aws.calls import Calls
from rotators.iam.aws.errors import IAM, Gone
from shared.errors import Forbidden, Unreachable
from shared.patience import tries
from shared.secret import Secret

# IAM's lists may be seconds late, and a rotation may follow another one at once.
UNLISTED_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key that the user has, active or not; see OwnedKey."""

    key_id: str
    label: str
    created: datetime | None
    is_active: bool
    last_used: datetime | None = None
    ends: datetime | None = None
    kept: Mapping[str, object] = field(default_factory=dict)

    def shows(self, _key: Secret, /) -> bool | None:
        """IAM shows nothing of a secret key."""
        return None


@dataclass(frozen=True, slots=True)
class User:
    """tags: all of the user's; making: the key that is being made, if one is."""

    keys: Sequence[ListedKey]
    tags: Mapping[str, str]
    making: Making | None

    @classmethod
    def read(cls, calls: Calls, name: str, *, in_use: str | None) -> Self:
        """What IAM tells of the user; in_use: the id of the key whose last use is not asked for.

        When the others were last used is asked before a step itself uses one of them.
        """
        # In this order: a key that is listed and was labelled before has its label in the tags.
        keys = _list(calls, name, in_use)
        found = calls.ask("get_user", name, UserName=name).get("User")
        if found is None:
            raise _untold(name)
        tags = {each["Key"]: each["Value"] for each in found.get("Tags") or ()}
        making = Making.read(tags.get(MAKING, ""))
        listed: list[ListedKey] = []
        for each in keys:
            if each["AccessKeyId"] == in_use:
                listed.append(_listed(each, None, tags, None))
                continue
            # One that another copy of this step has deleted since is not listed without its label,
            # which is taken off later. IAM may say of it that access is denied.
            try:
                last_used = _last_used(calls, name, each)
            except (Gone, Forbidden):
                if each["AccessKeyId"] in _ids(_list(calls, name, None)):
                    raise
                continue
            listed.append(_listed(each, last_used, tags, making))
        return cls(listed, tags, making)

    def key(self, key_id: str) -> ListedKey | None:
        """The key with this id."""
        return next((each for each in self.keys if each.key_id == key_id), None)


def _list(calls: Calls, name: str, in_use: str | None) -> Sequence[Mapping[str, object]]:
    """The user's keys; asked again for a while where the one in use is not among them yet."""
    keys: Sequence[Mapping[str, object]] | None = None
    for _ in tries(UNLISTED_SECONDS):
        keys = calls.ask("list_access_keys", name, UserName=name).get("AccessKeyMetadata")
        if keys is None:
            raise _untold(name)
        if in_use is None or in_use in _ids(keys):
            break
    return keys or ()


def _ids(keys: Sequence[Mapping[str, object]]) -> Collection[object]:
    return [each["AccessKeyId"] for each in keys]


def _untold(name: str) -> Unreachable:
    """For an answer that is cut short, which the SDK reads as an empty one."""
    return Unreachable(f"{IAM.name} did not tell of user {name!r}", do=IAM.route)


def _listed(
    key: Mapping[str, object],
    last_used: datetime | None,
    tags: Mapping[str, str],
    making: Making | None,
) -> ListedKey:
    """A key that a killed step had made is known by having come since, and by nobody's use of it.

    The step that makes it notes before which keys there are; no other can be made meanwhile, as a
    user has two at most.
    """
    key_id, created = str(key["AccessKeyId"]), key.get("CreateDate")
    label = tags.get(key_id, "")
    is_lost = making is not None and not label and last_used is None and key_id not in making.beside
    return ListedKey(
        key_id=key_id,
        label=making.label if is_lost and making else label,
        created=created if isinstance(created, datetime) else None,
        is_active=key.get("Status") == "Active",
        last_used=last_used,
    )


def _last_used(calls: Calls, user: str, key: Mapping[str, object]) -> datetime | None:
    """None where it never was; raises Gone."""
    key_id = key["AccessKeyId"]
    answer = calls.ask("get_access_key_last_used", user, AccessKeyId=key_id)
    if "AccessKeyLastUsed" not in answer:
        raise _untold(user)
    moment = answer["AccessKeyLastUsed"].get("LastUsedDate")
    return moment if isinstance(moment, datetime) else None
