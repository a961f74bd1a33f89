"""A stored secret with what guards it, as Secrets Manager says it; never a value."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rotctl.aws.session import Aws
from rotctl.clock import utc
from rotctl.trouble import Denied

_SERVICE = "secretsmanager"
_PAGE = 100
_RATE = re.compile(r"rate\((\d+) (hour|day)s?\)")


@dataclass(frozen=True, slots=True)
class Replica:
    """A secret's copy in another region; message: why it is not in step, in AWS's own words."""

    region: str
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class Stored:
    """One secret; dates are in UTC, and None where AWS does not know one.

    key: the KMS key's id, ARN or alias; empty for aws/secretsmanager.
    owner: the service that manages it; empty for nobody.
    every: the time between two rotations, None where the schedule does not say it as a number.
    policy: None where there is none. unlabelled: when each version without a label was stored.
    unseen: the right that the caller lacks, for `policy` and `versions`.
    """

    name: str
    arn: str
    key: str
    owner: str
    enabled: bool
    schedule: str
    every: timedelta | None
    created: datetime
    last: datetime | None
    next: datetime | None
    accessed: datetime | None
    deleted: datetime | None
    primary: str
    replicas: Sequence[Replica]
    policy: Mapping[str, Any] | None = None
    unlabelled: Sequence[datetime] = ()
    unseen: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_replica(self) -> bool:
        """Whether it is a copy of a secret of another region."""
        return self.primary not in ("", self.arn.split(":")[3])

    @property
    def account(self) -> str:
        """Whose it is."""
        return self.arn.split(":")[4]


def stored(aws: Aws, secret_id: str) -> Stored:
    """By its name or ARN, in three calls; raises Trouble."""
    answer = aws.call(_SERVICE, "describe_secret", SecretId=secret_id)
    unseen: dict[str, str] = {}
    policy: Mapping[str, Any] | None = None
    unlabelled: list[datetime] = []
    if "DeletedDate" in answer:  # of which the service tells no more
        return _of(answer, policy, unlabelled, unseen)
    try:
        text = aws.call(_SERVICE, "get_resource_policy", SecretId=answer["ARN"])
        policy = json.loads(text["ResourcePolicy"]) if text.get("ResourcePolicy") else None
    except Denied:
        unseen["policy"] = "secretsmanager:GetResourcePolicy"
    try:
        unlabelled = _unlabelled(aws, answer["ARN"])
    except Denied:
        unseen["versions"] = "secretsmanager:ListSecretVersionIds"
    return _of(answer, policy, unlabelled, unseen)


def _unlabelled(aws: Aws, arn: str) -> list[datetime]:
    request = {"SecretId": arn, "IncludeDeprecated": True, "MaxResults": _PAGE}
    return [
        each["CreatedDate"]
        for page in aws.pages(_SERVICE, "list_secret_version_ids", **request)
        for each in page.get("Versions", [])
        if not each.get("VersionStages")
    ]


def _of(
    answer: Mapping[str, Any],
    policy: Mapping[str, Any] | None,
    unlabelled: Sequence[datetime],
    unseen: Mapping[str, str],
) -> Stored:
    rules = answer.get("RotationRules") or {}
    days = rules.get("AutomaticallyAfterDays")
    schedule = str(rules.get("ScheduleExpression") or (f"every {days} days" if days else ""))
    return Stored(
        name=answer["Name"],
        arn=answer["ARN"],
        key=answer.get("KmsKeyId", ""),
        owner=answer.get("OwningService", ""),
        enabled=bool(answer.get("RotationEnabled")),
        schedule=schedule,
        every=_every(schedule, days),
        created=answer["CreatedDate"],
        last=utc(answer.get("LastRotatedDate")),
        next=utc(answer.get("NextRotationDate")),
        accessed=utc(answer.get("LastAccessedDate")),
        deleted=utc(answer.get("DeletedDate")),
        primary=answer.get("PrimaryRegion", ""),
        replicas=[
            Replica(each["Region"], each["Status"], _printable(each.get("StatusMessage", "")))
            for each in answer.get("ReplicationStatus") or []
        ],
        policy=policy,
        unlabelled=unlabelled,
        unseen=unseen,
    )


def _every(schedule: str, days: int | None) -> timedelta | None:
    rate = _RATE.fullmatch(schedule)
    if rate:
        return timedelta(**{f"{rate[2]}s": int(rate[1])})
    # Of a cron schedule AWS works the days out itself, after a rotation (API, RotationRulesType).
    return timedelta(days=days) if days else None


def _printable(text: str) -> str:
    return "".join(each for each in text if each.isprintable())
