"""A secret's versions: which there are, and which label each has; never a value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.clock import utc

_SERVICE = "secretsmanager"
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Version:
    """One that has a value; stored: when, in UTC."""

    id: str
    stored: datetime | None
    labels: Sequence[str] = ()


def listed(aws: Aws, secret: Secret) -> list[Version]:
    """Those with a label and those without, the newest first; raises Trouble."""
    found = []
    request = {"SecretId": secret.arn, "MaxResults": _PAGE, "IncludeDeprecated": True}
    for page in aws.pages(_SERVICE, "list_secret_version_ids", **request):
        for each in page.get("Versions", []):
            labels = tuple(each.get("VersionStages", ()))
            found.append(Version(each["VersionId"], utc(each.get("CreatedDate")), labels))
    return sorted(found, key=lambda version: str(version.stored), reverse=True)


def move(aws: Aws, secret: Secret, label: str, *, off: str, to: str = "") -> None:
    """Take the label off one version, and put it `to` another where one is given.

    Raises Trouble, also where the label is not on the version `off` any more.
    """
    request = {"MoveToVersionId": to} if to else {}
    aws.call(
        _SERVICE,
        "update_secret_version_stage",
        SecretId=secret.arn,
        VersionStage=label,
        RemoveFromVersionId=off,
        **request,
    )
