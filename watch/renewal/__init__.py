"""ReaderRenewer: the tasks of the state machine ReaderRenewal, each by the name of its state.

The machine waits and this does not, so a deployment may take an hour. What has to be known between
two tasks is the machine's own state, a Course.
"""

import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from rotctl.aws.session import Aws
from rotctl.trouble import Trouble
from watch import teller
from watch.renewal import report, turn, wave
from watch.renewal.advice import advised
from watch.renewal.course import Course, Outcome

LOG = logging.getLogger(__name__)
logging.getLogger("watch").setLevel(logging.INFO)

# The types of rotctl.trouble, whose words are ours: `what; do`.
_OURS = {"Trouble", "Denied", "Passing", "Missing", "Refused", "Failed"}


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """The machine's next state; raises Trouble, of which Passing is best tried again."""
    try:
        return _done(event)
    except Trouble as trouble:
        raise advised(trouble) from None


def _done(event: Mapping[str, Any]) -> dict[str, Any]:
    aws, state = Aws(), event["state"]
    if event["task"] == "Turn":
        first = turn.is_first(aws, event["machine"], event["execution"], event["started"])
        return {**state, "first": first}
    course = Course.of(state)
    if event["task"] == "Tell":
        course = _failed(course, state["error"]) if "error" in state else course
        _tell(aws, course, event["machine"])
        return course.document()
    task = {"Find": wave.found, "Renew": wave.advanced}[event["task"]]
    return task(aws, course).document()


def _failed(course: Course, error: Mapping[str, str]) -> Course:
    """Stopped by what a task raised, as Step Functions hands it on; foreign text is left out."""
    kind = error["Error"]
    do = "see the log of ReaderRenewer, and the machine's execution"
    if kind not in _OURS:
        return course.stopped("", f"a task failed ({kind})", do)
    what, _, advice = str(json.loads(error["Cause"])["errorMessage"]).partition("; ")
    return course.stopped("", what, advice or do)


def _tell(aws: Aws, course: Course, machine: str) -> None:
    """One message: of what stopped always, of what is renewed where successes are told."""
    successes = os.environ.get("TELL_SUCCESSES") == "true"
    if course.outcome is not Outcome.STOPPED and not (
        successes and course.outcome is Outcome.RENEWED
    ):
        return
    message = report.composed(course, teller.told(aws, course.ended), machine)
    aws.call(
        "sns",
        "publish",
        TopicArn=os.environ["TOPIC_ARN"],
        Subject=message.subject,
        Message=message.text,
    )
    LOG.info("told of the renewal of readers of %s", course.secret)
