"""DailyCheck: asks each secret's function once a day what is broken, so that drift is told early.

The function is asked as `rotctl diagnose` asks it, which changes nothing. A test by RotateSecret
would not do: nobody knows whether AWS reckons the next rotation anew from each.

It is invoked every hour, and each secret has its own hour, by its name. So nothing has to be kept
between invocations, and neither the targets nor Lambda see all secrets at once.
"""

import hashlib
import logging
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from rotctl.aws import functions, secrets
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.trouble import Trouble
from watch.drift import Answer, composed

LOG = logging.getLogger(__name__)
LOG.setLevel(logging.INFO)

HOURS = 24
TAG = "rotated-by"
# A function that finds a target silent takes as long as a step may; rotations need Lambda too.
AT_ONCE = 4
# A call that hangs, and is made again, must end before Lambda ends the function.
_LAST_CALL_MS = 240_000


class NotAllCheckedError(Exception):
    """Some secrets could not be checked: Lambda counts the error, and the alarm tells."""


class Context(Protocol):
    """What of Lambda's context object is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is killed."""
        ...


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Check this hour's secrets, and tell what is broken; raises NotAllCheckedError and Trouble."""
    aws = Aws()
    hour = datetime.fromisoformat(event["time"]).hour
    chosen = [each for each in own(aws) if hour_of(each.name) == hour]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        checked = sum(threads.map(partial(_is_checked, aws, context), chosen))
    LOG.info("checked: %s of %s secrets", checked, len(chosen))
    if checked < len(chosen):
        raise NotAllCheckedError(f"{len(chosen) - checked} secrets: the log says why")


def own(aws: Aws) -> Iterator[Secret]:
    """Those under the prefixes that one of the stack's functions rotates, and none is rotating."""
    arns = os.environ["FUNCTION_ARNS"].split(",")
    tag = os.environ.get("SECRET_TAG_VALUE", "")
    seen: set[str] = set()
    for prefix in os.environ.get("SECRET_PREFIXES", "").split(","):
        for each in secrets.listed(aws, prefix, {TAG: tag} if tag else None):
            if each.arn in seen or not each.enabled or each.function not in arns:
                continue
            seen.add(each.arn)
            # Of a rotation that has not ended its own failure tells.
            if labels.pending(each.labels) is None:
                yield each


def hour_of(name: str) -> int:
    """The hour of the day, in UTC, in which the secret of this name is looked at."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()) % HOURS


def _is_checked(aws: Aws, context: Context, secret: Secret) -> bool:
    """Whether it was looked at to the end, and what is broken is told."""
    if context.get_remaining_time_in_millis() < _LAST_CALL_MS:
        LOG.error("not checked: %s; the time was over", secret.name)
        return False
    try:
        answer = Answer.of(functions.ask(aws, secret, "diagnose"))
        if answer.broken:
            _tell(aws, secret, answer)
    except Trouble as trouble:
        LOG.error("not checked: %s; %s", secret.name, trouble)  # noqa: TRY400 - it says where and why
        return False
    if not answer.complete:
        LOG.error("not checked: %s; %s", secret.name, answer.unfinished)
    return answer.complete


def _tell(aws: Aws, before: Secret, answer: Answer) -> None:
    """Raises Trouble; says nothing of what was seen in the middle of a rotation."""
    secret = secrets.described(aws, before.arn)
    if secret.labels != before.labels:
        LOG.warning("not told, as a rotation has begun meanwhile: %s", secret.name)
        return
    message = composed(secret, functions.name_of(secret.function), answer, aws.now)
    aws.call(
        "sns",
        "publish",
        TopicArn=os.environ["TOPIC_ARN"],
        Subject=message.subject,
        Message=message.text,
    )
    LOG.info("told what is broken of %s", secret.arn)
