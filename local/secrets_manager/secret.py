"""One secret: what CreateSecret made of it, its versions, tags, policy and rotation."""

import secrets
import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from local.secrets_manager.encryption import DEFAULT_ALIAS, Encryption
from local.secrets_manager.rotation import Rotation, RotationSettings
from local.secrets_manager.staleness import Staleness
from local.secrets_manager.versions import Versions

_DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Replication:
    """That a secret is to be in another region too; `replica` is None where it could not be."""

    region: str
    key: str | None
    replica: "Secret | None"

    def describe(self, name: str, *, in_progress: bool) -> dict[str, object]:
        """As the AWS CLI's examples have it; the failure's message is in moto's tests."""
        replica = self.replica
        key = replica.encryption.key if replica else self.key
        status: dict[str, object] = {"Region": self.region, "KmsKeyId": key or DEFAULT_ALIAS}
        if in_progress:
            return {**status, "Status": "InProgress"}
        if replica is None:
            why = f"Replication failed: Secret name {name} already exists in region {self.region}."
            return {**status, "Status": "Failed", "StatusMessage": why}
        day = replica.last_accessed()
        read = {} if day is None else {"LastAccessedDate": day}
        return {**status, "Status": "InSync", "StatusMessage": "Replication succeeded", **read}


class Secret:
    """A secret; its value, if it has one, is in one of its versions.

    tags: values by key, None if there never was one; deleted: the moment its recovery window
    ends, in Unix seconds; primary_region: only if it is replicated; replications: by region.
    """

    def __init__(self, account: str, region: str, request: Mapping[str, Any], now: float) -> None:
        self.name: str = request["Name"]
        self.arn = f"arn:aws:secretsmanager:{region}:{account}:secret:{self.name}-{_suffix()}"
        self.description: str | None = request.get("Description")
        self.encryption = Encryption(request.get("KmsKeyId"))
        self.tags: dict[str, str] | None = None
        self.policy: str | None = None
        self.created = self.changed = now
        self.deleted: float | None = None
        self.primary_region: str | None = None
        self.accessed: dict[str, float] = {}
        self.versions = Versions()
        self.stale = Staleness()
        self.rotation = RotationSettings()
        self.incomplete: Rotation | None = None
        self.replications: dict[str, Replication] = {}

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

    def note_access(self, version_id: str, now: float) -> None:
        """A value was read: the service keeps the day only, and its midnight in UTC stands for it.

        The time is gone in all that LocalStack recorded on AWS (today_no_time in its tests).
        """
        self.accessed[version_id] = now - now % _DAY_SECONDS

    def last_accessed(self) -> float | None:
        """The day a value of it was last read."""
        return max(self.accessed.values(), default=None)

    def describe(self) -> dict[str, Any]:
        """DescribeSecret: labelled versions (fact 15), absent keys left out."""
        stages: dict[str, list[str]] = {}
        for label, version_id in sorted(self.versions.holders().items()):
            stages.setdefault(version_id, []).append(label)
        tags = None
        if self.tags is not None:
            tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return self.answer(
            Description=self.description or None,
            KmsKeyId=self.encryption.key,
            Tags=tags,
            CreatedDate=self.created,
            LastChangedDate=self.changed,
            LastAccessedDate=self.last_accessed(),
            DeletedDate=self.deleted,
            PrimaryRegion=self.primary_region,
            ReplicationStatus=self.replication_status() or None,
            VersionIdsToStages=stages or None,
            **self.rotation.describe(),
        )

    def entry(self) -> dict[str, Any]:
        """The secret in ListSecrets, which has another name for the versions."""
        described = self.describe()
        described.pop("ReplicationStatus", None)
        if stages := described.pop("VersionIdsToStages", None):
            described["SecretVersionsToStages"] = stages
        return described

    def replication_status(self, in_progress: Collection[str] = ()) -> list[dict[str, object]]:
        """Each region that the secret is replicated to, as the API has it, in order."""
        return [
            each.describe(self.name, in_progress=region in in_progress)
            for region, each in sorted(self.replications.items())
        ]


def _suffix() -> str:
    """The six random characters that end a secret's ARN."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(6))
