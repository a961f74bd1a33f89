"""CloudTrail's LookupEvents, over the service events of rotations (fact 24).

An event is as users of AWS have kept it: the secret's ARN in additionalEventData, the version's id
at the end of requestID, the step in a failure's errorMessage, and no resources
(aws-samples' aws-appconfig-and-secrets-manager pattern has a RotationSucceeded).
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from local.secrets_manager import errors
from local.secrets_manager.arn import region_in
from local.secrets_manager.journal import ServiceEvent
from local.secrets_manager.operations.paging import page
from local.secrets_manager.state import ACCOUNT, Answer, Common, Request

_SOURCE = "secretsmanager.amazonaws.com"
_MAX_EVENTS = 50
_ATTRIBUTES = ("EventName", "EventSource")


def lookup_events(common: Common, region: str, request: Request) -> Answer:
    """The region's events between the times that have the attribute, newest first."""
    if request.get("EventCategory"):
        raise errors.not_offered("EventCategory")
    first, last = request.get("StartTime", 0), request.get("EndTime", float("inf"))
    if first > last:
        raise errors.refusal("InvalidTimeRangeException", "StartTime is after EndTime.")
    wanted = _wanted(request)
    events = [
        event
        for event in reversed(common.journal.of(ServiceEvent))
        if region_in(event.secret_arn, region) == region
        and first <= event.time <= last
        and wanted.get("EventName", event.name) == event.name
        and wanted.get("EventSource", _SOURCE) == _SOURCE
    ]
    shown, more = page(events, request, "LookupEvents", _MAX_EVENTS)
    return {"Events": [_entry(event, region) for event in shown], **more}


def _wanted(request: Request) -> dict[str, str]:
    """The one attribute that an API call may give, as a mapping."""
    given = request.get("LookupAttributes", [])
    if len(given) > 1:
        raise errors.refusal(
            "InvalidLookupAttributesException", "You may only use one lookup attribute."
        )
    for each in given:
        if each["AttributeKey"] not in _ATTRIBUTES:
            raise errors.not_offered(f"LookupAttributes by {each['AttributeKey']}")
    return {each["AttributeKey"]: each["AttributeValue"] for each in given}


def _entry(event: ServiceEvent, region: str) -> dict[str, Any]:
    # The same each time that it is asked for.
    number = f"{event.name} {event.secret_arn} {event.version_id} {event.time}"
    event_id = str(uuid.uuid5(uuid.NAMESPACE_URL, number))
    return {
        "EventId": event_id,
        "EventName": event.name,
        "ReadOnly": "false",
        "EventTime": event.time,
        "EventSource": _SOURCE,
        "Resources": [],
        "CloudTrailEvent": json.dumps(_event(event, region, event_id)),
    }


def _event(event: ServiceEvent, region: str, event_id: str) -> dict[str, Any]:
    failed = {}
    if event.step is not None:
        failed = {"errorMessage": f"Error when executing lambda during {event.step} step"}
    return {
        "eventVersion": "1.08",
        "userIdentity": {"accountId": ACCOUNT, "invokedBy": _SOURCE},
        "eventTime": datetime.fromtimestamp(event.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": _SOURCE,
        "eventName": event.name,
        "awsRegion": region,
        "sourceIPAddress": _SOURCE,
        "userAgent": _SOURCE,
        **failed,
        "requestParameters": None,
        "responseElements": None,
        "additionalEventData": {"SecretId": event.secret_arn},
        "requestID": f"Rotation-{event.secret_arn}-{event.version_id}",
        "eventID": event_id,
        "readOnly": False,
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
