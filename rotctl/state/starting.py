"""Beginning a rotation or a test: what is looked at before anything is changed."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from rotctl.aws import logs, secrets
from rotctl.aws.functions import Function, Functions, Sight
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.following import Watched
from rotctl.trouble import Denied, Refused, Trouble


@dataclass(frozen=True, slots=True)
class Started:
    """What to follow; again: whether it is a rotation that had not ended, attempted once more."""

    watched: Watched
    again: bool = False


def start(  # noqa: PLR0913 what is started, and how
    aws: Aws,
    functions: Functions,
    secret: Secret,
    *,
    test: bool,
    switch_on: bool = False,
    version: str = "",
) -> Started:
    """RotateSecret, which leaves the schedule as it is; raises Trouble before it or from it.

    switch_on: also where rotation is off. version: the id of the new version, if it is chosen.
    """
    _check(functions, secret, switch_on=switch_on)
    if test and labels.pending(secret.labels) is not None:
        # The call would have Secrets Manager attempt that rotation again.
        raise Trouble(
            f"a rotation of {secret.name!r} has not ended, so it cannot be tried",
            do=f"see `rotctl status --prefix {secret.name}`",
        )
    function, now = functions[secret.function], aws.now
    version, pending = version or str(uuid.uuid4()), labels.pending(secret.labels)
    before = _ended(aws, function, pending, now) if pending else 0
    try:
        secrets.rotate(aws, secret, version, test=test)
    except Refused:
        # Refused for this reason, the call has the service attempt that rotation again.
        unfinished = labels.pending(secrets.described(aws, secret.arn).labels)
        if unfinished is None:
            raise
        before = before if unfinished == pending else 0
        return Started(Watched(secret, function, unfinished, now, before=before), again=True)
    return Started(Watched(secret, function, version, now, test=test))


def _ended(aws: Aws, function: Function, version: str, since: datetime) -> int:
    """How many steps of the attempt before this one ended a moment ago."""
    try:
        return len(logs.of_version(aws, function.log_group, version, since))
    except Denied:
        return 0


def check_kept(secret: Secret) -> None:
    """Raise Trouble for one that is to be deleted."""
    if secret.deleted is not None:
        raise Trouble(
            f"{secret.name!r} is scheduled for deletion",
            do=f"keep it: `aws secretsmanager restore-secret --secret-id {secret.name}`",
        )


def _check(functions: Functions, secret: Secret, *, switch_on: bool) -> None:
    check_kept(secret)
    if not secret.function:
        raise Trouble(
            f"{secret.name!r} has no rotation function",
            do=f"attach one with `rotctl attach {secret.name} --function ...`",
        )
    if not secret.enabled and not switch_on:
        raise Trouble(
            f"rotation of {secret.name!r} is switched off, and this would switch it on",
            do=f"let `rotctl heal {secret.name}` switch it on",
        )
    function = functions[secret.function]
    if function.sight is Sight.GONE:
        raise Trouble(
            f"{secret.name!r}: its function {function.name} is gone",
            do="deploy it again, or attach another with"
            " `aws secretsmanager rotate-secret --rotation-lambda-arn ...`",
        )
