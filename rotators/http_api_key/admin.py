"""What the admin's secret itself says about who may have its key used, and where."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from rotators.http_api_key.http.errors import Whom
from shared.errors import MalformedSecret, TargetMismatch
from shared.fields import Fields

_OF = "the admin's secret"


def check_admin(
    admin: Mapping[str, object],
    whom: Whom,
    secret_arn: str,
    values: Mapping[str, object],
    *,
    configured: bool,
) -> None:
    """Raises TargetMismatch where the admin's keeper has not allowed this use.

    So whoever may write a rotated secret cannot have the admin's key sent to another issuer, nor
    have it used for another owner than its keeper says.
    values: what the description's names stand for; configured: whether not the secret alone says
    where requests go, so that the admin's secret need not.
    """
    fields = Fields(admin, of=_OF)
    said = "issuer_url" in admin or not configured
    if said and fields.https_url("issuer_url") != whom.base:
        raise TargetMismatch(
            f"{_OF} is for another 'issuer_url' than the secret",
            do=f"correct '{whom.url}' or '{whom.admin}'",
            field=whom.url,
        )
    allowed = admin.get("allow")
    if allowed is None:
        return
    if not isinstance(allowed, list) or not all(isinstance(each, dict) for each in allowed):
        raise MalformedSecret(
            f"field 'allow' of {_OF} must be a list of objects",
            do="correct it in the admin's secret",
            field="allow",
        )
    if not any(_covers(each, secret_arn, values) for each in allowed):
        raise TargetMismatch(
            f"{_OF} does not allow its key to be used for this secret as it is",
            do="add it to 'allow' in the admin's secret, or correct the secret",
            field=whom.admin,
        )


def check_inline(admin: Mapping[str, object]) -> None:
    """Raises TargetMismatch where the admin's keeper does not let a secret say what is sent.

    Whoever may write the secret could otherwise do all that the admin may, in its name.
    """
    if not Fields(admin, of=_OF).flag("inline", default=False):
        raise TargetMismatch(
            "the secret says itself what to send with the admin's key, which that key's keeper "
            "has not allowed",
            do='name a description of ours, set ISSUER on the function, or add "inline": true to '
            "the admin's secret if all who may write the secret may do all that the admin may",
            field="issuer",
        )


def _covers(allowed: Mapping[str, object], secret_arn: str, values: Mapping[str, object]) -> bool:
    """Whether the secret has this name, and what is sent of it these values."""
    name = secret_arn.partition(":secret:")[2][: -len("-AbCdEf")]
    for field, value in allowed.items():
        if field == "secret":
            if not isinstance(value, str) or not fnmatchcase(name, value):
                return False
        elif values.get(field) != value:
            return False
    return bool(allowed)
