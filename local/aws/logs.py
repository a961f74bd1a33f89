"""CloudWatch Logs' FilterLogEvents, over the lines that the functions really wrote.

Source: CloudWatch Logs API reference, FilterLogEvents.
"""

from local.aws import pattern
from local.aws.functions import GROUPS, described
from local.secrets_manager import errors
from local.secrets_manager.operations.paging import page
from local.secrets_manager.state import Answer, Common, Request

_STREAM = "local"
_MAX_EVENTS = 10_000
_NOT_OFFERED = ("logGroupIdentifier", "logStreamNames", "logStreamNamePrefix", "unmask")


def filter_log_events(common: Common, _region: str, request: Request) -> Answer:
    """The events of the group between the times (milliseconds) that match, oldest first."""
    for name in _NOT_OFFERED:
        if request.get(name):
            raise errors.not_offered(name)
    group = request.get("logGroupName", "")
    if not group:
        raise errors.invalid_parameter("A log group is required.")
    home, function = described(common), group.removeprefix(GROUPS)
    if not group.startswith(GROUPS) or home.configuration(function) is None:
        raise errors.refusal("ResourceNotFoundException", "The specified log group does not exist.")
    matches = pattern.read(request.get("filterPattern", ""))
    first, last = request.get("startTime", 0), request.get("endTime", float("inf"))
    events = [
        {
            "logStreamName": _STREAM,
            "timestamp": moment,
            "message": event.message,
            "ingestionTime": moment,
            "eventId": f"{event.number:056d}",
        }
        for event in home.log_events(function)
        if first <= (moment := int(event.time * 1000)) <= last and matches(event.message)
    ]
    asked = {"MaxResults": request.get("limit", _MAX_EVENTS)}
    if "nextToken" in request:
        asked["NextToken"] = request["nextToken"]
    try:
        shown, more = page(events, asked, "FilterLogEvents", _MAX_EVENTS)
    except errors.Refusal:
        raise errors.invalid_parameter("The specified nextToken is invalid.") from None
    following = {"nextToken": more["NextToken"]} if more else {}
    return {"events": list(shown), "searchedLogStreams": [], **following}
