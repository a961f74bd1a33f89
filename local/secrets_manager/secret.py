"""One secret: what CreateSecret made of it, its versions, tags, policy and rotation."""

import secrets
import string
import threading
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from local.secrets_manager.journal import RunKind, State
from local.secrets_manager.schedule import Schedule, Window
from local.secrets_manager.staleness import Staleness
from local.secrets_manager.versions import Versions

DEFAULT_KEY = "alias/aws/secretsmanager"


@dataclass(slots=True)
class Rotation:
    """A rotation on its way: it keeps its version's id and its RotationToken over every attempt.

    wake: set to end a pause between attempts; again: RotateSecret asked for one more (fact 5).
    """

    version_id: str
    kind: RunKind
    token: str = field(default_factory=lambda: str(uuid.uuid4()), repr=False)
    wake: threading.Event = field(default_factory=threading.Event)
    running: bool = False
    again: bool = False
    stopped: State | Literal["closed"] | None = None

    def stop(self, why: State | Literal["closed"]) -> None:
        """Let no further step begin; the first reason stays."""
        self.stopped = self.stopped or why
        self.wake.set()


@dataclass(slots=True)
class RotationSettings:
    """What RotateSecret configured, and what came of it."""

    function: str | None = None
    enabled: bool = False
    schedule: Schedule | None = None
    window: Window | None = None
    last: float | None = None

    def plan(self, now: float) -> None:
        """Choose the next window, if there are rules and rotation is on."""
        self.window = self.schedule.next(now) if self.schedule and self.enabled else None

    def describe(self) -> dict[str, Any]:
        """The keys DescribeSecret adds; none for a secret never rotated (fact 14)."""
        if self.function is None:
            return {}
        return {
            "RotationEnabled": self.enabled,
            "RotationLambdaARN": self.function,
            "RotationRules": dict(self.schedule.given) if self.schedule else None,
            "LastRotatedDate": self.last,
            # The service promises a rotation "on or before this date": the window's end.
            "NextRotationDate": self.window.shuts if self.window else None,
        }


@dataclass(frozen=True, slots=True)
class Replication:
    """That a secret is to be in another region too; `replica` is None where it could not be."""

    region: str
    key: str | None
    replica: "Secret | None"


class Secret:
    """A secret; its value, if it has one, is in `store`, its versions.

    tags: values by key; deleted: the moment its recovery window ends, in Unix seconds.
    replications: by region; primary_region: of a replica's primary.
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
        self.replications: dict[str, Replication] = {}
        self.primary_region: str | None = None

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
        replicas = self.replication_status()
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
            PrimaryRegion=self.primary_region or (self.arn.split(":")[3] if replicas else None),
            ReplicationStatus=replicas or None,
            # The same map under the name each of the two operations has for it.
            VersionIdsToStages=stages or None,
            SecretVersionsToStages=stages or None,
            **self.rotation.describe(),
        )

    def replication_status(self, in_progress: Collection[str] = ()) -> list[dict[str, object]]:
        """Each region that the secret is replicated to, as the API has it, in order."""
        return [
            _replication_status(self.name, each, in_progress=region in in_progress)
            for region, each in sorted(self.replications.items())
        ]


def _replication_status(
    name: str, replication: Replication, *, in_progress: bool
) -> dict[str, object]:
    """The AWS CLI's examples have it whole; the failure's message is in moto's tests."""
    region, replica = replication.region, replication.replica
    key = replica.kms_key_id if replica else replication.key
    status = {"Region": region, "KmsKeyId": key or DEFAULT_KEY}
    if in_progress:
        return {**status, "Status": "InProgress"}
    if replica is None:
        why = f"Replication failed: Secret name {name} already exists in region {region}."
        return {**status, "Status": "Failed", "StatusMessage": why}
    return {**status, "Status": "InSync", "StatusMessage": "Replication succeeded"}


def _suffix() -> str:
    """The six random characters that end a secret's ARN."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(6))
