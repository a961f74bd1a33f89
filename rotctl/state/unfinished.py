"""Rotations that have not ended: how far each has come, by the lines of its function."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from rotctl.aws import logs, secrets
from rotctl.aws.functions import Function
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.attempt import progress
from rotctl.state.standing import Seen, Standing, standing
from rotctl.trouble import Denied, Passing

AT_ONCE = 8
# Older lines are not looked for: the rotation was due again since, or is overdue.
LOOK_BACK = timedelta(days=7)
LOGS_RIGHT = "logs:FilterLogEvents"
# How long before its value was stored a rotation may have been attempted: a window's length.
_BEFORE = timedelta(days=1)
# A filter pattern may have 1,024 characters, and a version's id takes 54 of them.
_VERSIONS = 18


def unfinished(aws: Aws, secret: Secret, function: Function, now: datetime) -> Standing:
    """Where the rotation of this secret, which has not ended, stands; raises Trouble."""
    seen = all_of(aws, [secret], {secret.function: function}, now)[secret.arn]
    return standing(secret, function, now, seen)


def all_of(
    aws: Aws, found: Iterable[Secret], known: Mapping[str, Function], now: datetime
) -> dict[str, Seen]:
    """What is seen of each, by the secrets' ARNs; the logs are asked for many at once."""
    pending = {version: each for each in found if (version := labels.pending(each.labels))}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = pool.map(lambda item: _made(aws, item[1], item[0]), pending.items())
        seen = dict(zip((each.arn for each in pending.values()), made, strict=True))
    of_group: dict[str, list[str]] = defaultdict(list)
    for version, secret in pending.items():
        of_group[known[secret.function].log_group].append(version)
    of_group.pop("", None)
    for group, versions in of_group.items():
        for first in range(0, len(versions), _VERSIONS):
            some = versions[first : first + _VERSIONS]
            of = {version: pending[version].arn for version in some}
            seen |= _read(aws, group, of, seen, now)
    return seen


def _made(aws: Aws, secret: Secret, version: str) -> Seen:
    try:
        return Seen(made=secrets.made(aws, secret, version))
    except Denied:
        return Seen(missing="secretsmanager:ListSecretVersionIds")
    except Passing as passing:
        return Seen(passing=passing.what)


def _read(
    aws: Aws, group: str, of: Mapping[str, str], seen: Mapping[str, Seen], now: datetime
) -> dict[str, Seen]:
    """The same with the lines of these versions, each of the secret with that ARN."""
    made = [seen[arn].made for arn in of.values()]
    since = min(each - _BEFORE if each else now - LOOK_BACK for each in made)
    try:
        lines = logs.of_versions(aws, group, of, since)
    except Denied:
        return {arn: replace(seen[arn], missing=LOGS_RIGHT) for arn in of.values()}
    except Passing as passing:
        return {arn: replace(seen[arn], passing=passing.what) for arn in of.values()}
    return {
        arn: replace(seen[arn], progress=progress([e for e in lines if e.version == version]))
        for version, arn in of.items()
    }
