"""How well stored secrets are kept: key, rotation, replicas, policy, versions, use."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from rotctl.aws.keys import Keys
from rotctl.aws.session import Aws
from rotctl.aws.storage import Replica, Stored, stored
from rotctl.state.encryption import encryption
from rotctl.state.exposure import accounts, is_public
from rotctl.state.finding import Finding, Report, Verdict, broken, ok, warning
from rotctl.trouble import Denied, Missing

AT_ONCE = 8
# What is looked at, in the order in which it is told.
CHECKS = ("key", "rotation", "replicas", "policy", "versions", "use")
# AWS drops what is beyond about 100, but not within a day (quotas of Secrets Manager).
_DAY, _MANY = timedelta(days=1), 20
_UNREAD = timedelta(days=90)


def survey(aws: Aws, names: Iterable[str], most: timedelta, now: datetime) -> list[Report]:
    """A report on each secret, the worst first; raises Trouble.

    most: the longest time between two rotations that is fine.
    """
    keys = Keys(aws)
    order = list(Verdict)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        reports = pool.map(lambda name: _report(aws, name, keys, most, now), names)
        return sorted(reports, key=lambda each: (-order.index(each.verdict), each.name))


def _report(aws: Aws, name: str, keys: Keys, most: timedelta, now: datetime) -> Report:
    try:
        secret = stored(aws, name)
    except (Denied, Missing) as trouble:  # which the others are not to go without
        return Report(name, [broken("secret", trouble.what, trouble.do)])
    if secret.deleted is not None:
        restore = f"`aws secretsmanager restore-secret --secret-id {secret.name}`"
        words = "it is scheduled for deletion, so nobody can read it"
        ends = warning("rotation", words, f"keep it: {restore}, or leave it")
        return Report(secret.name, [ends], secret.arn)
    findings = [
        encryption(keys[secret.key] if secret.key else None),
        rotation(secret, most, now),
        *(_replica(secret, each) for each in secret.replicas),
        *([] if secret.replicas else [ok("replicas", "none")]),
        _policy(secret),
        _versions(secret, now),
        _use(secret, now),
    ]
    return Report(secret.name, findings, secret.arn)


def rotation(secret: Stored, most: timedelta, now: datetime) -> Finding:
    """Whether it rotates at least as often as `most` says."""
    if secret.is_replica:
        return ok("rotation", f"in {secret.primary}, whose replica it is")
    rotated = f"last rotated {_days(now - secret.last)} ago" if secret.last else "never rotated"
    if not secret.enabled:
        words = f"its rotation is off, and it was {rotated}"
        return warning("rotation", words, "attach a function; see docs/deploying.md")
    by = f", by {secret.owner}" if secret.owner else ""
    gap = secret.every or (secret.next - (secret.last or now) if secret.next else None)
    if gap is not None and gap > most:
        return warning(
            "rotation",
            f"it rotates every {_days(gap)}{by}, and {_days(most)} are to be the most",
            "shorten its schedule: `aws secretsmanager rotate-secret --no-rotate-immediately"
            f" --rotation-rules ScheduleExpression='rate(30 days)' --secret-id {secret.name}`",
        )
    if secret.last is None or now - secret.last > most:
        do = f"see `rotctl status --prefix {secret.name}`"
        return warning("rotation", f"it was {rotated}", do)
    return ok("rotation", f"{secret.schedule or 'scheduled'}{by}, last {secret.last:%Y-%m-%d}")


def _replica(secret: Stored, replica: Replica) -> Finding:
    if replica.status == "InSync":
        return ok("replicas", f"in step in {replica.region}")
    if replica.status != "Failed":
        words = f"the replica in {replica.region} is not in step yet ({replica.status})"
        return warning("replicas", words, "look again in a minute")
    why = replica.message or "AWS does not say why"
    return broken(
        "replicas",
        f"the replica in {replica.region} failed: {why}",
        "mend that, then `aws secretsmanager replicate-secret-to-regions --secret-id"
        f" {secret.name} --add-replica-regions Region={replica.region}`",
    )


def _policy(secret: Stored) -> Finding:
    if "policy" in secret.unseen:
        return _unseen("policy", secret)
    if secret.policy is None:
        return ok("policy", "none")
    if is_public(secret.policy):
        return broken(
            "policy",
            "its resource policy lets everybody in",
            "name in it who may, or add a condition, and store it with `aws secretsmanager"
            f" put-resource-policy --secret-id {secret.name} --block-public-policy`",
        )
    others = sorted(accounts(secret.policy) - {secret.account})
    return ok("policy", f"lets in {', '.join(others)}" if others else "not public")


def _versions(secret: Stored, now: datetime) -> Finding:
    if "versions" in secret.unseen:
        return _unseen("versions", secret)
    lately = sum(now - each < _DAY for each in secret.unlabelled)
    if lately > _MANY:
        words = f"{lately} versions of the last day have no label"
        do = f"find who stores it so often, or what fails: `rotctl history {secret.name}`"
        return warning("versions", words, do)
    return ok("versions", f"{len(secret.unlabelled)} without a label")


def _use(secret: Stored, now: datetime) -> Finding:
    # AWS knows the day, in UTC.
    if secret.accessed is None and now - secret.created < _UNREAD:
        return ok("use", "not read yet")
    if secret.accessed is None or now - secret.accessed > _UNREAD:
        when = f"since {secret.accessed:%Y-%m-%d}" if secret.accessed else "at all"
        return warning("use", f"it was not read {when}", "find whether it is still needed")
    return ok("use", f"last read {secret.accessed:%Y-%m-%d}")


def _unseen(about: str, secret: Stored) -> Finding:
    words = f"not seen: you lack the right {secret.unseen[about]}"
    return warning(about, words, "ask for it; see docs/rotctl.md")


def _days(time: timedelta) -> str:
    return f"{time.days} day{'' if time.days == 1 else 's'}"
