"""The secret itself, and its schedule."""

from collections.abc import Sequence
from datetime import datetime

from rotctl.aws.secrets import Secret
from rotctl.aws.versions import Version
from rotctl.links.check import Check, Health, Link
from rotctl.output.times import short
from rotctl.state import labels
from rotctl.state.standing import Standing, State


def of_secret(secret: Secret, versions: Sequence[Version] | str) -> Check:
    """Whether it is there, where its labels are; versions: or why they cannot be seen."""
    if secret.deleted is not None:
        return Check(
            *(Link.SECRET, Health.BROKEN),
            f"{secret.name} is scheduled for deletion since {short(secret.deleted)}",
            f"keep it: `aws secretsmanager restore-secret --secret-id {secret.name}`",
        )
    if not secret.function:
        return _without_function(secret)
    where = ", ".join(f"{label} on {each}" for label, each in sorted(secret.labels.items()))
    if isinstance(versions, str):
        return Check(Link.SECRET, Health.UNKNOWN, f"{where}; its versions: {versions}")
    health, more = Health.OK, f"; versions with a value: {len(versions)}"
    pending = labels.pending(secret.labels)
    if pending and pending not in {each.id for each in versions}:
        health, more = Health.WARNING, f"{more}, and that of {labels.PENDING} has none yet"
    return Check(Link.SECRET, health, where + more)


def _without_function(secret: Secret) -> Check:
    if secret.owner:
        what = f"{secret.owner} owns {secret.name}, and rotates it itself"
        return Check(Link.SECRET, Health.OK, what)
    if secret.primary:
        what = f"{secret.name} is a replica of the secret in {secret.primary}, and rotated there"
        do = f"see `rotctl diagnose {secret.name} --region {secret.primary}`"
        return Check(Link.SECRET, Health.OK, what, do)
    return Check(
        *(Link.SECRET, Health.BROKEN, f"{secret.name} has no rotation function"),
        f"attach one: `rotctl attach {secret.name} --function NAME`",
    )


def of_schedule(secret: Secret, standing: Standing, now: datetime) -> Check:
    """Whether rotation is on, and whether a window was missed."""
    last = f"last rotated {short(secret.last)}" if secret.last else "never rotated"
    rules = f"{secret.schedule or 'no schedule'}, {last}"
    if not secret.enabled:
        do = f"let `rotctl heal {secret.name}` switch it on, if it is not off on purpose"
        return Check(Link.SCHEDULE, Health.WARNING, f"rotation is switched off; {rules}", do)
    if standing.state is State.OVERDUE or (secret.next is not None and secret.next < now):
        do = "see the links below for what keeps it from rotating"
        what = f"the window ended {short(secret.next)}; {rules}"
        return Check(Link.SCHEDULE, Health.WARNING, what, do)
    is_open = ", the window is open" if standing.state is State.DUE else ""
    return Check(Link.SCHEDULE, Health.OK, f"{rules}, next by {short(secret.next)}{is_open}")
