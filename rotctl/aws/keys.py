"""KMS keys that encrypt secrets, each asked for once."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rotctl.aws.session import Aws
from rotctl.trouble import Denied, Missing, Trouble


@dataclass(frozen=True, slots=True)
class Key:
    """A key, as far as the caller may see it.

    state: KMS's word, such as Enabled; empty where it could not be seen: `unseen` says why.
    is_aws_own: whether AWS manages it, and so rotates it.
    rotates: whether it is rotated each year; None where that cannot be, or could not be seen.
    policy: None where it could not be seen. is_gone: whether there is no such key.
    """

    id: str
    state: str = ""
    is_aws_own: bool = False
    rotates: bool | None = None
    policy: Mapping[str, Any] | None = None
    is_gone: bool = False
    unseen: str = ""


class Keys:
    """Each key by how a secret names it, whatever thread asks."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._known: dict[str, Key] = {}
        self._asking = threading.Lock()

    def __getitem__(self, named: str) -> Key:
        with self._asking:
            if named not in self._known:
                self._known[named] = self._ask(named)
            return self._known[named]

    def _ask(self, named: str) -> Key:
        try:
            described = self._aws.call("kms", "describe_key", KeyId=named)["KeyMetadata"]
        except Missing:
            return Key(named, is_gone=True)
        except Denied:
            return Key(named, unseen="you lack the right kms:DescribeKey")
        except Trouble as trouble:  # a secret's other findings are worth having without
            return Key(named, unseen=trouble.what)
        name, state = described["KeyId"], described["KeyState"]
        if described.get("KeyManager") == "AWS":
            return Key(name, state, is_aws_own=True)
        policy = self._seen("get_key_policy", name, PolicyName="default").get("Policy")
        rotation = self._seen("get_key_rotation_status", name) if _may_rotate(described) else {}
        return Key(
            name,
            state,
            rotates=rotation.get("KeyRotationEnabled"),
            policy=json.loads(policy) if policy else None,
        )

    def _seen(self, operation: str, key: str, **more: str) -> Mapping[str, Any]:
        """The answer about a key; none where the caller may not see it."""
        try:
            return self._aws.call("kms", operation, KeyId=key, **more)
        except Trouble:
            return {}


def _may_rotate(described: Mapping[str, Any]) -> bool:
    """Whether KMS can rotate it: not one whose material is from elsewhere, or that is disabled."""
    return described.get("Origin") == "AWS_KMS" and described.get("KeyState") == "Enabled"
