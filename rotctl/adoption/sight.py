"""Which secrets of a file are to be seen: the caller may ask in another region or account."""

from collections.abc import Iterable

from rotctl import clock
from rotctl.adoption.journal import Entry
from rotctl.aws import secrets
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state.fleet import Report, Result
from rotctl.trouble import Denied, Missing


def seen(aws: Aws, entries: Iterable[Entry]) -> tuple[list[Secret], list[Report]]:
    """The secrets of these entries, and a report on each that is not there; raises Trouble."""
    found: list[Secret] = []
    unseen: list[Report] = []
    for each in entries:
        try:
            found.append(secrets.described(aws, each.arn))
        except (Denied, Missing) as trouble:
            unseen.append(_unseen(each, trouble.code))
    return found, unseen


def _unseen(entry: Entry, code: str) -> Report:
    """By the names in the file, as AWS tells nothing of it."""
    _arn, _aws, _service, region, account, *_ = entry.arn.split(":")
    of = Secret(
        *(entry.name, entry.arn, entry.new),
        enabled=False,
        schedule="",
        hours=None,
        created=clock.now(),
        changed=None,
        last=None,
        next=None,
    )
    why = f"not seen ({code}): it is one of {region} in the account {account}"
    return Report(of, Result.KEPT, f"{why}; check --region and --profile")
