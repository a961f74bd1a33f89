"""Events as EventBridge sends them on from CloudTrail, and the messages that come of them."""

import json
from typing import Any, Protocol

from rotctl.aws.session import Aws
from tests.rotctl.world import Rotated
from watch import teller


class Topic:
    """A topic of moto's, read by what is published to it."""

    def __init__(self, mocked: Any) -> None:  # noqa: ANN401 - moto has no types
        self._mocked = mocked

    def told_of(self, secret: Rotated, name: str) -> tuple[str, str]:
        """Subject and text of the one message for the newest event of this name."""
        before = len(self._mocked.sent_notifications)
        teller.handler(event_of(secret, name), None)
        ((subject, text),) = self.told[before:]
        return subject, text

    @property
    def told(self) -> list[tuple[str, str]]:
        """Subject and text of all messages."""
        return [
            (str(subject), str(text)) for _, text, subject, *_ in self._mocked.sent_notifications
        ]


class Arn(Protocol):
    """A secret, as far as an event names it."""

    arn: str


def event_of(secret: Arn, name: str) -> dict[str, Any]:
    """The newest of this name, as the local CloudTrail has it, in EventBridge's envelope."""
    by = [{"AttributeKey": "EventName", "AttributeValue": name}]
    found = Aws().call("cloudtrail", "lookup_events", LookupAttributes=by)["Events"]
    details = [json.loads(each["CloudTrailEvent"]) for each in found]
    of_secret = [each for each in details if each["additionalEventData"]["SecretId"] == secret.arn]
    detail = of_secret[0]
    return {
        "version": "0",
        "id": detail["eventID"],
        "detail-type": "AWS Service Event via CloudTrail",
        "source": "aws.secretsmanager",
        "account": detail["recipientAccountId"],
        "time": detail["eventTime"],
        "region": detail["awsRegion"],
        "resources": [],
        "detail": detail,
    }


def lines_of(text: str) -> dict[str, str]:
    """{what a line is about: what it says} of a message."""
    pairs = (line.partition(": ") for line in text.splitlines() if ": " in line)
    return {about: said for about, _, said in pairs}
