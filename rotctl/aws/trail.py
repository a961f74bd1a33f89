"""The events of rotations that Secrets Manager leaves in CloudTrail, which keeps 90 days."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rotctl.aws.session import Aws

# LookupEvents finds by one attribute, and these events have no resource to find them by.
NAMES = (
    "RotationStarted",
    "RotationSucceeded",
    "RotationFailed",
    "RotationAbandoned",
    "TestRotationStarted",
    "TestRotationSucceeded",
    "TestRotationFailed",
)
TRIAL = "Test"  # how the name of a test's event begins
_STEP = re.compile(r"during (\w+) step")


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """One of NAMES; step: where it failed, if the event says it; secret: its ARN."""

    name: str
    time: datetime
    version: str
    step: str = ""
    secret: str = ""


def read(event: Mapping[str, Any], time: datetime) -> TrailEvent:
    """What CloudTrail has of an event; the time is as exact as who asks has it."""
    secret = _secret(event)
    # Rotation-<the secret's ARN>-<the version's id>
    version = str(event.get("requestID", "")).removeprefix(f"Rotation-{secret}-")
    step = _STEP.search(str(event.get("errorMessage", "")))
    return TrailEvent(str(event["eventName"]), time, version, step[1] if step else "", secret)


def of_secret(aws: Aws, arn: str, since: datetime) -> list[TrailEvent]:
    """The secret's events, oldest first."""
    found = [event for name in NAMES for event in _named(aws, name, arn, since)]
    return sorted(found, key=lambda event: event.time)


def _named(aws: Aws, name: str, arn: str, since: datetime) -> Iterator[TrailEvent]:
    by = [{"AttributeKey": "EventName", "AttributeValue": name}]
    request = {"LookupAttributes": by, "StartTime": since}
    for page in aws.pages("cloudtrail", "lookup_events", **request):
        for entry in page["Events"]:
            event = read(json.loads(entry["CloudTrailEvent"]), entry["EventTime"].astimezone(UTC))
            if event.secret == arn:
                yield event


def _secret(event: Mapping[str, Any]) -> str:
    more = event.get("additionalEventData")
    return str(more.get("SecretId")) if isinstance(more, dict) else ""
