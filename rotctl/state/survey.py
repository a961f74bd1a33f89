"""A row for every secret with rotation: in bulk where AWS answers in bulk.

Calls: a page of ListSecrets for each 100 secrets, and one of Lambda for each function. For secrets
whose rotation has not ended one each, and one of the logs for 18 of a function. One of the logs for
each function of a secret that was changed and not rotated: refused by a server's rules, AWSPENDING
is off it again.

What could not be asked now, as AWS is throttling, is told of the secrets that it is about.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rotctl.aws import logs
from rotctl.aws.functions import Function, Functions, Sight, name_of
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.attempt import REFUSED, progress
from rotctl.state.standing import NOTHING, Seen, Standing, standing
from rotctl.state.unfinished import LOGS_RIGHT, LOOK_BACK, all_of
from rotctl.trouble import Denied, Passing

# A rotation's own last changes.
_ITS_OWN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Row:
    """A secret, its function, and where its rotation stands."""

    secret: Secret
    function: Function
    standing: Standing


def survey(found: Iterable[Secret], functions: Functions, aws: Aws, now: datetime) -> list[Row]:
    """The rows, those that need a person first; raises Trouble."""
    all_of_them = list(found)
    known, unseen = _functions(functions, (each.function for each in all_of_them))
    there = [each for each in all_of_them if known[each.function].sight is not Sight.GONE]
    seen = _refusals(aws, there, known, now) | all_of(aws, there, known, now)
    rows = []
    for each in all_of_them:
        so_far = seen.get(each.arn, NOTHING)
        so_far = replace(so_far, passing=so_far.passing or unseen.get(each.function, ""))
        function = known[each.function]
        rows.append(Row(each, function, standing(each, function, now, so_far)))
    return sorted(rows, key=lambda row: (row.standing.state.rank, row.secret.name))


def _functions(
    functions: Functions, arns: Iterable[str]
) -> tuple[dict[str, Function], dict[str, str]]:
    """Each by its ARN; and why, for one that Lambda could not tell of now."""
    known, unseen = {}, {}
    for arn in set(arns):
        try:
            known[arn] = functions[arn]
        except Passing as passing:
            unseen[arn] = passing.what
            # Which log group it has is not known either.
            known[arn] = Function(name_of(arn), name_of(arn), log_group="")
    return known, unseen


def _refusals(
    aws: Aws, found: Iterable[Secret], known: Mapping[str, Function], now: datetime
) -> dict[str, Seen]:
    """What the servers' rules refused since each secret's last rotation, by ARN.

    The logs are asked of those secrets alone that were changed since.
    """
    of_group: dict[str, list[Secret]] = defaultdict(list)
    for each in found:
        if _is_suspect(each, now):
            of_group[known[each.function].log_group].append(each)
    of_group.pop("", None)
    seen: dict[str, Seen] = {}
    for group, suspects in of_group.items():
        seen |= _refused(aws, group, suspects, now)
    return seen


def _refused(aws: Aws, group: str, suspects: Iterable[Secret], now: datetime) -> dict[str, Seen]:
    since = {each.arn: max(_rotated(each), now - LOOK_BACK) for each in suspects}
    try:
        lines = logs.with_codes(aws, group, REFUSED, min(since.values()))
    except Denied:
        return dict.fromkeys(since, Seen(missing=LOGS_RIGHT))
    except Passing as passing:
        return dict.fromkeys(since, Seen(passing=passing.what))
    return {
        line.secret: Seen(refusal=progress([line]))
        for line in lines
        if line.secret in since and line.time >= since[line.secret]
    }


def _is_suspect(secret: Secret, now: datetime) -> bool:
    """Never rotated, or changed since, and lately: a label that is taken off is a change."""
    if not secret.function or not secret.enabled or labels.pending(secret.labels):
        return False
    changed = secret.changed or secret.created
    since = secret.last is None or changed > secret.last + _ITS_OWN
    return since and changed > now - LOOK_BACK


def _rotated(secret: Secret) -> datetime:
    return secret.last or secret.created
