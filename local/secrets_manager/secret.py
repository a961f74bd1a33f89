"""One secret: what CreateSecret made of it, its versions, tags, policy and rotation."""

import secrets
import string
from collections.abc import Mapping
from typing import Any

from local.secrets_manager.rotation import Rotation, RotationSettings
from local.secrets_manager.staleness import Staleness
from local.secrets_manager.versions import Versions


class Secret:
    """A secret; its value, if it has one, is in `store`, its versions.

    tags: values by key; deleted: the moment its recovery window ends, in Unix seconds.
    """

    def __init__(self, account: str, region: str, request: Mapping[str, Any], now: float) -> None:
        self.name: str = request["Name"]
        self.arn = f"arn:aws:secretsmanager:{region}:{account}:secret:{self.name}-{_suffix()}"
        self.description: str | None = request.get("Description")
        self.kms_key_id: str | None = request.get("KmsKeyId")
        self.tags = {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags") or ()}
        self.policy: str | None = None
        self.created = self.changed = now
        self.deleted: float | None = None
        self.store = Versions()
        self.stale = Staleness()
        self.rotation = RotationSettings()
        self.incomplete: Rotation | None = None

    def is_deleted(self) -> bool:
        """Whether it is scheduled for deletion (fact 16)."""
        return self.deleted is not None

    def is_gone(self, now: float) -> bool:
        """Whether its recovery window has ended."""
        return self.deleted is not None and self.deleted <= now

    def answer(self, **more: object) -> dict[str, Any]:
        """What an operation answers: which secret it is, and more; what is None is left out."""
        known = {"ARN": self.arn, "Name": self.name, **more}
        return {key: value for key, value in known.items() if value is not None}

    def to_dict(self) -> dict[str, Any]:
        """DescribeSecret and ListSecrets: labelled versions (fact 15), absent keys left out."""
        stages: dict[str, list[str]] = {}
        for label, version_id in sorted(self.store.holders().items()):
            stages.setdefault(version_id, []).append(label)
        return self.answer(
            Description=self.description or None,
            KmsKeyId=self.kms_key_id,
            Tags=[{"Key": key, "Value": value} for key, value in self.tags.items()] or None,
            CreatedDate=self.created,
            LastChangedDate=self.changed,
            DeletedDate=self.deleted,
            # The same map under the name each of the two operations has for it.
            VersionIdsToStages=stages or None,
            SecretVersionsToStages=stages or None,
            **self.rotation.describe(),
        )


def _suffix() -> str:
    """The six random characters that end a secret's ARN."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(6))
