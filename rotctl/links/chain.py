"""All that can be seen of one secret's rotation now; nothing is kept between two looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rotctl import clock
from rotctl.aws import logs, permission, secrets, versions
from rotctl.aws.functions import Function, Functions, Sight
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.aws.versions import Version
from rotctl.links.answer import Answer, ask
from rotctl.links.attempts import of_attempts
from rotctl.links.check import Check, Health, Link
from rotctl.links.function import of_function, of_policy, of_role
from rotctl.links.secret import of_schedule, of_secret
from rotctl.state import labels
from rotctl.state.attempt import STEPS
from rotctl.state.past import rotations
from rotctl.state.standing import Standing
from rotctl.state.survey import survey
from rotctl.state.unfinished import LOOK_BACK
from rotctl.trouble import Denied, Passing, Trouble

_KEYS = (Link.ROLE, Link.KEY)


@dataclass(frozen=True, slots=True)
class Chain:
    """A secret, where its rotation stands, and the chain that it depends on.

    versions: the newest first, empty where they cannot be seen. again: whether AWSPENDING is on a
    version that was current before, by its other label or by its lines.
    """

    secret: Secret
    function: Function
    standing: Standing
    versions: Sequence[Version]
    answer: Answer
    checks: Sequence[Check]
    again: bool = False

    def broken(self, *links: str) -> Check | None:
        """The first that is broken at one of these links."""
        found = (each for each in self.checks if each.link in links)
        return next((each for each in found if each.health is Health.BROKEN), None)


def look(aws: Aws, functions: Functions, name: str) -> Chain:
    """The secret with this name or ARN, now; raises Trouble where it cannot be seen at all."""
    secret, now = secrets.described(aws, name), clock.now()
    (row,) = survey([secret], functions, aws, now)
    stored = _versions(aws, secret)
    chain = [of_secret(secret, stored)]
    if not secret.function or secret.deleted:
        return Chain(secret, row.function, row.standing, (), Answer(), chain)
    chain += [of_schedule(secret, row.standing, now), of_function(secret, row.function)]
    answer = Answer()
    if row.function.sight is not Sight.GONE:
        answer = ask(aws, secret, row.function)
        chain.append(_policy(aws, secret, row.function))
        chain += _answered(secret, row.function, answer)
    chain += _attempts(aws, secret, row.function, now)
    seen = () if isinstance(stored, str) else stored
    again = _was_current(aws, secret, row.function, seen, now)
    return Chain(secret, row.function, row.standing, seen, answer, chain, again)


def _was_current(
    aws: Aws, secret: Secret, function: Function, stored: Sequence[Version], now: datetime
) -> bool:
    version = labels.pending(secret.labels)
    if version is None or not function.log_group:
        return False
    if version == secret.labels.get(labels.PREVIOUS):
        return True
    since = next((each.stored for each in stored if each.id == version), None)
    try:
        lines = logs.of_version(aws, function.log_group, version, since or now - LOOK_BACK)
    except (Denied, Passing):
        return False
    return any(line.step == STEPS[-1] and not line.code for line in lines)


def _policy(aws: Aws, secret: Secret, function: Function) -> Check:
    try:
        return of_policy(secret, function, permission.of_function(aws, secret.function))
    except Trouble as trouble:
        return Check(Link.POLICY, Health.UNKNOWN, trouble.what)


def _answered(secret: Secret, function: Function, answer: Answer) -> list[Check]:
    """The role and the key by what AWS denied the function, then what it saw itself."""
    role, key = (answer.broken(each) for each in _KEYS)
    found = [of_role(function, role)] if role or answer.complete else []
    if not key:
        what = f"the secret's key is {secret.key or 'that of AWS, aws/secretsmanager'}"
        found.append(Check(Link.KEY, Health.OK if answer.complete else Health.UNKNOWN, what))
    return [*found, *key, *(each for each in answer.checks if each not in (*role, *key))]


def _versions(aws: Aws, secret: Secret) -> list[Version] | str:
    if secret.deleted is not None:
        return []
    try:
        return versions.listed(aws, secret)
    except (Denied, Passing) as unseen:
        return unseen.what


def _attempts(aws: Aws, secret: Secret, function: Function, now: datetime) -> list[Check]:
    if not function.log_group:
        return []
    try:
        lines = logs.of_secret(aws, function.log_group, secret.arn, now - LOOK_BACK)
    except Denied as denied:
        return of_attempts(denied.what)
    except Passing as passing:
        return of_attempts(f"not seen: {passing.what}")
    return of_attempts(rotations([], lines))
