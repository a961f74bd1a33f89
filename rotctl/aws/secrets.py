"""Secrets as Secrets Manager describes them: dates, rules and labels, never a value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rotctl.aws.session import Aws
from rotctl.clock import utc

_SERVICE = "secretsmanager"
_PAGE = 100
# With a value only: a version that createSecret has not stored yet is in no list.
_VERSIONS = "list_secret_version_ids"


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret with rotation; dates are in UTC, and None where AWS does not know one.

    function: the ARN, or empty where another service owns the secret and rotates it.
    next: the end of the next window; hours: the window's length, if the rules say it.
    labels: the version's id of each label.
    owner: the service that made it and rotates it; primary: the region of which it is a replica.
    rules: as RotateSecret takes them; key: the customer's that encrypts it, or empty.
    """

    name: str
    arn: str
    function: str
    enabled: bool
    schedule: str
    hours: int | None
    created: datetime
    changed: datetime | None
    last: datetime | None
    next: datetime | None
    deleted: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    primary: str = ""
    rules: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


def listed(aws: Aws, prefix: str = "", tags: Mapping[str, str] | None = None) -> Iterator[Secret]:
    """Every secret that has, or had, rotation, with this prefix and all of these tags."""
    return (each for each in every(aws, prefix, tags) if each.enabled or each.function)


def every(aws: Aws, prefix: str = "", tags: Mapping[str, str] | None = None) -> Iterator[Secret]:
    """The same, and those without rotation."""
    tags = tags or {}
    filters = [{"Key": "name", "Values": [prefix]}] if prefix else []
    filters += [{"Key": "tag-key", "Values": [key]} for key in tags]
    filters += [{"Key": "tag-value", "Values": [value]} for value in tags.values() if value]
    request = {"Filters": filters} if filters else {}
    for page in aws.pages(_SERVICE, "list_secrets", MaxResults=_PAGE, **request):
        for entry in page["SecretList"]:
            secret = _of(entry, entry.get("SecretVersionsToStages", {}))
            # AWS's filters find what begins so, and a key of one tag with the value of another.
            has_tags = tags.items() <= secret.tags.items()
            if secret.name.startswith(prefix) and has_tags:
                yield secret


def described(aws: Aws, secret_id: str) -> Secret:
    """One, by its name or ARN; raises Trouble."""
    answer = aws.call(_SERVICE, "describe_secret", SecretId=secret_id)
    return _of(answer, answer.get("VersionIdsToStages", {}))


def made(aws: Aws, secret: Secret, version: str) -> datetime | None:
    """When the version's value was stored; None if it has none."""
    for page in aws.pages(_SERVICE, _VERSIONS, SecretId=secret.arn, MaxResults=_PAGE):
        for each in page.get("Versions", []):
            if each["VersionId"] == version:
                return utc(each["CreatedDate"])
    return None


def rotate(aws: Aws, secret: Secret, version: str, *, test: bool = False) -> None:
    """Begin a rotation to a version of this id, or its test; the rules stay as they are."""
    aws.call(
        _SERVICE,
        "rotate_secret",
        SecretId=secret.arn,
        ClientRequestToken=version,
        RotateImmediately=not test,
    )


def attach(
    aws: Aws, secret: Secret, version: str, function: str, rules: Mapping[str, object]
) -> None:
    """Switch rotation on with the function of this ARN and RotationRules, and begin its test.

    The rules are given also where they are to stay: that they would is assumed (fact 19).
    """
    given = {"RotationRules": dict(rules)} if rules else {}
    aws.call(
        _SERVICE,
        "rotate_secret",
        SecretId=secret.arn,
        ClientRequestToken=version,
        RotationLambdaARN=function,
        RotateImmediately=False,
        **given,
    )


def _of(entry: Mapping[str, Any], stages: Mapping[str, list[str]]) -> Secret:
    rules = entry.get("RotationRules") or {}
    hours = str(rules.get("Duration", "")).removesuffix("h")
    return Secret(
        name=entry["Name"],
        arn=entry["ARN"],
        function=entry.get("RotationLambdaARN", ""),
        enabled=bool(entry.get("RotationEnabled")),
        schedule=_schedule(rules),
        hours=int(hours) if hours.isdecimal() else None,
        created=entry["CreatedDate"],
        changed=utc(entry.get("LastChangedDate")),
        last=utc(entry.get("LastRotatedDate")),
        next=utc(entry.get("NextRotationDate")),
        deleted=utc(entry.get("DeletedDate")),
        labels={label: version for version, labels in stages.items() for label in labels},
        owner=entry.get("OwningService", ""),
        primary=_primary(entry),
        rules=_givable(rules),
        key=entry.get("KmsKeyId", ""),
        tags={each["Key"]: each.get("Value", "") for each in entry.get("Tags") or []},
    )


def _primary(entry: Mapping[str, Any]) -> str:
    """Empty for the primary itself, and for a secret without replicas."""
    region = str(entry.get("PrimaryRegion") or "")
    return "" if f":{region}:" in entry["ARN"] else region


def _givable(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Without the days that AWS shows beside an expression, and refuses with one (fact 19)."""
    left_out = "AutomaticallyAfterDays" if "ScheduleExpression" in rules else ""
    return {key: value for key, value in rules.items() if key != left_out}


def _schedule(rules: Mapping[str, Any]) -> str:
    if expression := rules.get("ScheduleExpression"):
        return str(expression)
    days = rules.get("AutomaticallyAfterDays")
    return f"every {days} days" if days else ""
