"""Whose turn it is: of the executions that run, the one that began first.

Two rotations may have a reader in common, and EventBridge delivers an event at least once. The list
of executions may lag (Step Functions API reference, ListExecutions), so the machine waits a minute
before it asks: by then an older execution is in it. Were one not, the later would still leave alone
what the earlier has begun.
"""

import logging
from datetime import datetime, timedelta

from rotctl.aws.session import Aws
from rotctl.output.times import short
from rotctl.trouble import Trouble

LOG = logging.getLogger(__name__)

LIMIT = timedelta(hours=12)


def is_first(aws: Aws, machine: str, execution: str, started: str) -> bool:
    """Whether no older execution of the machine runs; raises Trouble after LIMIT."""
    request = {"stateMachineArn": machine, "statusFilter": "RUNNING"}
    running = [
        (each["startDate"], each["executionArn"])
        for page in aws.pages("stepfunctions", "list_executions", **request)
        for each in page["executions"]
    ]
    # An execution that is not in the list itself yet knows nothing of the others.
    oldest, first = min(running, default=(aws.now, ""))
    if first == execution:
        return True
    if first and aws.now - datetime.fromisoformat(started) > LIMIT:
        began = short(oldest)
        raise Trouble(
            f"it waited for twelve hours, and the one that began at {began} UTC runs still",
            do=f"look at it: aws stepfunctions list-executions --state-machine-arn {machine}"
            " --status-filter RUNNING",
        )
    LOG.info("another renewal runs, which began earlier: waiting")
    return False
