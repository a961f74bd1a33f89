"""A row for every secret with rotation: in bulk where AWS answers in bulk.

Calls: a page of ListSecrets for each 100 secrets, one of Lambda for each function, two for each
secret whose rotation has not ended, and one of the logs for each function of a secret that was
changed and not rotated: refused by a server's rules, AWSPENDING is off it again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from rotctl.aws import logs, secrets
from rotctl.aws.functions import Function, Functions, Sight
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.attempt import NO_PROGRESS, REFUSED, progress
from rotctl.state.standing import NOTHING, Seen, Standing, standing
from rotctl.trouble import Denied

AT_ONCE = 8
# A refusal of longer ago is not looked for: the rotation was due again since, or is overdue.
LOOK_BACK = timedelta(days=7)
# How long before its value was stored a rotation may have been attempted: a window's length.
_BEFORE = timedelta(days=1)
# A rotation's own last changes.
_ITS_OWN = timedelta(seconds=5)
LOGS_RIGHT = "logs:FilterLogEvents"


@dataclass(frozen=True, slots=True)
class Row:
    """A secret, its function, and where its rotation stands."""

    secret: Secret
    function: Function
    standing: Standing


def survey(found: Iterable[Secret], functions: Functions, aws: Aws, now: datetime) -> list[Row]:
    """The rows, those that need a person first; raises Trouble."""
    all_of_them = list(found)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        known = {each.function: functions[each.function] for each in all_of_them}
        refusals = _Refusals(aws, all_of_them, known, now)
        rows = pool.map(
            lambda each: _row(each, known[each.function], aws, now, refusals), all_of_them
        )
        return sorted(rows, key=lambda row: (row.standing.state.rank, row.secret.name))


def _row(secret: Secret, function: Function, aws: Aws, now: datetime, refusals: "_Refusals") -> Row:
    version = labels.pending(secret.labels)
    if version is None:
        return Row(secret, function, standing(secret, function, now, refusals.of(secret)))
    if function.sight is Sight.GONE:
        return Row(secret, function, standing(secret, function, now))
    return Row(secret, function, unfinished(aws, secret, function, version, now))


def unfinished(
    aws: Aws, secret: Secret, function: Function, version: str, now: datetime
) -> Standing:
    """Where the rotation to this version, which has not ended, stands."""
    made, known, missing = None, NO_PROGRESS, ""
    try:
        made = secrets.made(aws, secret, version)
    except Denied:
        missing = "secretsmanager:ListSecretVersionIds"
    try:
        if function.log_group:
            since = made - _BEFORE if made else now - LOOK_BACK
            known = progress(logs.of_version(aws, function.log_group, version, since))
    except Denied:
        missing = LOGS_RIGHT
    return standing(secret, function, now, Seen(known, made, None, missing))


class _Refusals:
    """What the servers' rules refused since each secret's last rotation.

    The logs are asked of those secrets alone that were changed since.
    """

    def __init__(
        self, aws: Aws, found: Iterable[Secret], known: Mapping[str, Function], now: datetime
    ) -> None:
        self._seen: dict[str, Seen] = {}
        of_group: dict[str, list[Secret]] = defaultdict(list)
        for each in found:
            if not _is_suspect(each, now):
                continue
            function = known[each.function]
            if function.sight is not Sight.GONE:
                of_group[function.log_group].append(each)
        for group, suspects in of_group.items():
            self._look(aws, group, suspects, now)

    def of(self, secret: Secret) -> Seen:
        """The refusal, or that the right to see one is missing."""
        return self._seen.get(secret.arn, NOTHING)

    def _look(self, aws: Aws, group: str, suspects: Iterable[Secret], now: datetime) -> None:
        since = {each.arn: max(_rotated(each), now - LOOK_BACK) for each in suspects}
        try:
            lines = logs.with_codes(aws, group, REFUSED, min(since.values()))
        except Denied:
            self._seen |= {each.arn: Seen(missing=LOGS_RIGHT) for each in suspects}
            return
        for line in lines:
            if line.secret in since and line.time >= since[line.secret]:
                self._seen[line.secret] = Seen(refusal=progress([line]))


def _is_suspect(secret: Secret, now: datetime) -> bool:
    """Never rotated, or changed since, and lately: a label that is taken off is a change."""
    if not secret.function or not secret.enabled or labels.pending(secret.labels):
        return False
    changed = secret.changed or secret.created
    since = secret.last is None or changed > secret.last + _ITS_OWN
    return since and changed > now - LOOK_BACK


def _rotated(secret: Secret) -> datetime:
    return secret.last or secret.created
