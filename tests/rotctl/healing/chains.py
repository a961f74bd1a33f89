"""What rotctl would have seen of a secret, made up: for all that real servers seldom do."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rotctl.aws.functions import Function
from rotctl.aws.permission import Permission
from rotctl.aws.secrets import Secret
from rotctl.aws.versions import Version
from rotctl.links.answer import Answer, Reset
from rotctl.links.chain import Chain
from rotctl.links.check import Check, Health, Link
from rotctl.links.function import of_function, of_policy
from rotctl.links.secret import of_schedule, of_secret
from rotctl.state.attempt import NO_PROGRESS, Progress
from rotctl.state.standing import Seen, standing

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
DAY = timedelta(days=1)
RESET = Reset("arn:aws:x:admin", "postgres user 'app' at db:5432", "rotation:reset:1", "2")
SECRET = Secret(
    name="app",
    arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:app-abcdef",
    function="arn:aws:lambda:us-east-1:123456789012:function:Mine",
    enabled=True,
    schedule="every 30 days",
    hours=None,
    created=NOW - 90 * DAY,
    changed=NOW - DAY,
    last=NOW - DAY,
    next=NOW + 30 * DAY,
    labels={"AWSCURRENT": "one", "AWSPREVIOUS": "none"},
)
LETS = Permission(({"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction"},))
FUNCTION = Function("Mine", "Mine", "/aws/lambda/Mine", 60)
PENDING = {**SECRET.labels, "AWSPENDING": "two"}
STORED = {"two": 2, "stray": 1, "one": 30, "none": 60, "old": 90}
FAILED = Progress("setSecret", 1, "Rejected", "what; do", since=NOW - DAY, last=NOW - DAY)

OK, BROKEN, UNKNOWN = Health.OK, Health.BROKEN, Health.UNKNOWN
ACCEPTED = Check(Link.LOGIN, OK, "accepted", of="AWSCURRENT")
REFUSED = Check(Link.LOGIN, BROKEN, "refused", "store it", "AWSCURRENT", "Rejected")
ALL_REFUSED = Check(Link.LOGIN, BROKEN, "rejected all", "store yours", "", "Rejected")
MALFORMED = Check(Link.VALUE, BROKEN, "no 'host'", "correct it", "AWSCURRENT", "MalformedSecret")
DEAD = Check(Link.ENDPOINT, BROKEN, "no answer", "check 'host'", code="Unreachable")
BY_ADMIN: dict[str, Any] = {"reset": RESET}


def login(of: str, health: Health = OK) -> Check:
    return Check(Link.LOGIN, health, "accepted", of=of)


def chain(  # noqa: PLR0913 all that is seen
    *seen: Check,
    labels: Mapping[str, str] = SECRET.labels,
    enabled: bool = True,
    progress: Progress = NO_PROGRESS,
    refusal: Progress | None = None,
    function: Function = FUNCTION,
    policy: Permission = LETS,
    missing: str = "",
    reset: Reset | None = None,
    again: bool = False,
    **changed: Any,  # noqa: ANN401 fields of a secret
) -> Chain:
    """What rotctl would have seen."""
    secret = replace(SECRET, labels=labels, enabled=enabled, **changed)
    stands = standing(secret, function, NOW, Seen(progress, NOW - DAY, refusal))
    versions = [Version(each, NOW - days * DAY) for each, days in STORED.items()]
    answer = Answer(seen, reset, missing)
    checks: Sequence[Check] = [
        of_secret(secret, versions),
        of_schedule(secret, stands, NOW),
        of_function(secret, function),
        of_policy(secret, function, policy),
        *seen,
    ]
    return Chain(secret, function, stands, versions, answer, checks, again)
