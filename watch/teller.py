"""RotationTeller: what the rule sends to the topic, as one message that a person can read."""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rotctl.aws import logs, secrets, trail
from rotctl.aws.functions import Functions
from rotctl.aws.session import Aws
from rotctl.trouble import Denied, Trouble
from watch import attempt
from watch.message import Told, composed

LOG = logging.getLogger(__name__)
LOG.setLevel(logging.INFO)

# An earlier attempt may have the reason: of a version that was given up the later ones say no more.
LOOK_BACK = timedelta(days=1)
# How long a line may take until CloudWatch Logs finds it; not published.
LATE_SECONDS = 20.0
_PAUSE_SECONDS = 4.0


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Tell of an event of Secrets Manager's; raises Trouble where it could not be published."""
    ended = trail.read(event["detail"], datetime.fromisoformat(event["detail"]["eventTime"]))
    aws = Aws()
    message = composed(told(aws, ended))
    aws.call(
        "sns",
        "publish",
        TopicArn=os.environ["TOPIC_ARN"],
        Subject=message.subject,
        Message=message.text,
    )
    LOG.info("told of %s of %s", ended.name, ended.secret)


def told(aws: Aws, ended: trail.TrailEvent) -> Told:
    """All that is known of it; what AWS does not let be seen is left out, and told."""
    try:
        secret = secrets.described(aws, ended.secret)
    except Trouble as trouble:
        LOG.warning("told without the secret's description: %s", trouble)
        return Told(ended, unseen=str(trouble))
    function = Functions(aws)[secret.function]
    known = Told(ended, next_rotation=secret.next, function=function)
    if not function.log_group:
        return known
    try:
        return known.with_lines(_lines(aws, function.log_group, ended))
    except Denied as denied:
        LOG.warning("told without the function's log: %s", denied)
        return known.without_log(str(denied))


def _lines(aws: Aws, group: str, ended: trail.TrailEvent) -> Sequence[logs.StepLine]:
    """The lines of the attempt that ended; waits a short while for its last one."""
    until = time.monotonic() + LATE_SECONDS
    while True:
        lines = logs.of_version(aws, group, ended.version, ended.time - LOOK_BACK)
        found = attempt.of(lines, ended)
        if attempt.is_whole(found, ended) or time.monotonic() > until:
            return found
        time.sleep(_PAUSE_SECONDS)
