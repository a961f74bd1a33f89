"""One secret: what CreateSecret made of it, its versions, tags, policy and rotation."""

import secrets
import string
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from local.secrets_manager.encryption import Encryption
from local.secrets_manager.journal import RunKind, State
from local.secrets_manager.schedule import Schedule, Window
from local.secrets_manager.staleness import Staleness
from local.secrets_manager.versions import Versions

_DAY_SECONDS = 24 * 3600


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


class Secret:
    """A secret; its value, if it has one, is in `store`, its versions.

    tags: values by key, None if there never was one; deleted: the moment its recovery window
    ends, in Unix seconds; primary_region: only if it is replicated.
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
        for label, version_id in sorted(self.store.holders().items()):
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
            VersionIdsToStages=stages or None,
            **self.rotation.describe(),
        )

    def entry(self) -> dict[str, Any]:
        """The secret in ListSecrets, which has another name for the versions."""
        described = self.describe()
        if stages := described.pop("VersionIdsToStages", None):
            described["SecretVersionsToStages"] = stages
        return described


def _suffix() -> str:
    """The six random characters that end a secret's ARN."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(6))
