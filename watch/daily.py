"""DailyCheck: has testSecret run for each secret once a day, so that drift is told before it hurts.

It is invoked every hour, and each secret has its own hour, by its name. So nothing has to be kept
between invocations, and neither the targets nor Lambda see all secrets at once.
"""

import hashlib
import logging
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from rotctl.aws import secrets
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.trouble import Refused, Trouble

LOG = logging.getLogger(__name__)
LOG.setLevel(logging.INFO)

HOURS = 24
TAG = "rotated-by"
# RotateSecret may be called 50 times a second in a region, by all who do (user guide, quotas).
_PAUSE_SECONDS = 0.2
# A call that hangs, and is made again, must end before Lambda ends the function.
_LAST_CALL_MS = 120_000


class NotAllTestedError(Exception):
    """Some tests could not begin: Lambda counts the error, and the alarm tells."""


class Context(Protocol):
    """What of Lambda's context object is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is killed."""
        ...


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Begin the tests of this hour's secrets; raises NotAllTestedError where some could not begin.

    Whether a test then fails, Secrets Manager tells by TestRotationFailed.
    """
    aws = Aws()
    hour = datetime.fromisoformat(event["time"]).hour
    chosen = [each for each in own(aws) if hour_of(each.name) == hour]
    begun = 0
    for number, each in enumerate(chosen):
        if context.get_remaining_time_in_millis() < _LAST_CALL_MS:
            raise NotAllTestedError(f"the time was over with {len(chosen) - number} secrets left")
        if number:
            time.sleep(_PAUSE_SECONDS)
        begun += _begin(aws, each)
    LOG.info("tests begun: %s of %s secrets", begun, len(chosen))
    if begun < len(chosen):
        raise NotAllTestedError(f"{len(chosen) - begun} tests could not begin; the log says why")


def own(aws: Aws) -> Iterator[Secret]:
    """Those under the prefixes that one of the stack's functions rotates, and none is rotating."""
    functions = os.environ["FUNCTION_ARNS"].split(",")
    tag = os.environ.get("SECRET_TAG_VALUE", "")
    seen: set[str] = set()
    for prefix in os.environ.get("SECRET_PREFIXES", "").split(","):
        for each in secrets.listed(aws, prefix, {TAG: tag} if tag else None):
            if each.arn in seen or not each.enabled or each.function not in functions:
                continue
            seen.add(each.arn)
            # RotateSecret would have a rotation that has not ended attempted again.
            if labels.pending(each.labels) is None:
                yield each


def hour_of(name: str) -> int:
    """The hour of the day, in UTC, in which the secret of this name is tested."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()) % HOURS


def _begin(aws: Aws, secret: Secret) -> bool:
    """Whether it has begun, or a rotation has, of which the same is told."""
    try:
        secrets.rotate(aws, secret, str(uuid.uuid4()), test=True)
    except Refused as refused:
        LOG.warning("not tested, as its state has changed: %s", refused)
    except Trouble as trouble:
        LOG.error("a test could not begin: %s", trouble)  # noqa: TRY400 - it says where and why
        return False
    return True
