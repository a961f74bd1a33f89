"""What a rotation notes beside a user: whose each key is, and that one is being made.

IAM keeps no note beside a key, so both are tags of the user. The first has the key's id for its
name, where IAM's console keeps a key's description, and shows it (IAM User Guide, "Manage access
keys for IAM users": descriptions are added with iam:TagUser).
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from shared.aws.names import secret_name

# The tag that says which key is being made.
MAKING = "secret-rotation"
_NAME_LENGTH, _HASH_LENGTH = 60, 20  # a tag's value has 256 characters at most
_LABEL = re.compile(rf"secret \S{{1,{_NAME_LENGTH}}} [0-9a-f]{{{_HASH_LENGTH}}} \S{{32,64}}")
_BESIDE, _NOBODY = " beside ", "none"


def label_of(secret_arn: str, version_id: str) -> str:
    """The label of a key of this version; the ARN, which may be longer than a tag, by its hash."""
    mark = hashlib.sha256(secret_arn.encode()).hexdigest()[:_HASH_LENGTH]
    return f"secret {secret_name(secret_arn)[:_NAME_LENGTH]} {mark} {version_id}"


def is_label(text: str) -> bool:
    """Whether it could be the label of some secret's key."""
    return _LABEL.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Making:
    """A key that is being made, or that was when a step was killed.

    label: its own, which it has not got yet. beside: the ids of the keys that there were before.
    """

    label: str
    beside: Collection[str]

    @classmethod
    def read(cls, tag: str) -> Self | None:
        """None where nothing is being made, as far as the tag says."""
        label, found, beside = tag.partition(_BESIDE)
        if not found or not is_label(label):
            return None
        return cls(label, frozenset(beside.split()) - {_NOBODY})

    @property
    def begun(self) -> str:
        """The tag before the key is made."""
        return f"{self.label}{_BESIDE}{' '.join(sorted(self.beside)) or _NOBODY}"

    @property
    def ended(self) -> str:
        """The tag once the key has its label, or it is known that none was made."""
        return self.label
