"""What the admin's secret itself says about who may have its key used, and where."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from rotators.http_api_key.description.trust import Trust
from rotators.http_api_key.http.words import NO_FIELD, IssuerErrors
from shared.aws.names import secret_name
from shared.document.fields import Fields
from shared.errors import MalformedSecret, TargetMismatch

_OF = "the admin's secret"


def check_admin(
    admin: Mapping[str, object],
    trust: Trust,
    errors: IssuerErrors,
    secret_arn: str,
    sent: Mapping[str, object],
) -> None:
    """Raises TargetMismatch where the admin's keeper has not allowed this use.

    So whoever may write a rotated secret cannot have the admin's key sent to another issuer, nor
    have it used for another owner than its keeper says.
    admin: the document of the admin's secret; secret_arn: of the rotated one.
    sent: what those of the secret's names stand for that are sent.
    """
    if trust.needs_inline:
        check_inline(admin)
    if trust.needs_issuer_url or "issuer_url" in admin:
        _check_url(admin, errors)
    allowed = _allowed(admin)
    if allowed is None:
        return
    if not any(_covers(entry, secret_arn, sent) for entry in allowed):
        raise TargetMismatch(
            f"{_OF} does not allow its key to be used for this secret as it is",
            do="add it to 'allow' in the admin's secret, or correct the secret",
            field=errors.fields.admin,
        )


def check_form(admin: Mapping[str, object]) -> None:
    """Raises MalformedSecret for a field that is right for no rotated secret."""
    fields = Fields(admin, of=_OF)
    fields.flag("inline", default=False)
    if "issuer_url" in admin:
        fields.https_url("issuer_url")
    _allowed(admin)
    _resettable(admin)


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


def may_reset(admin: Mapping[str, object], secret_arn: str) -> bool:
    """Whether the admin's keeper lets this secret's key be replaced though none is accepted.

    `reset` lists names of secrets, each in full: whoever may write one of them need not hold a key
    that is accepted. Raises MalformedSecret.
    """
    return secret_name(secret_arn) in _resettable(admin)


def _resettable(admin: Mapping[str, object]) -> list[str]:
    names = admin.get("reset")
    if names is None:
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MalformedSecret(
            f"field 'reset' of {_OF} must be a list of names of secrets",
            do="correct it in the admin's secret",
            field="reset",
        )
    return names


def _allowed(admin: Mapping[str, object]) -> list[Mapping[str, object]] | None:
    """The entries of `allow`; None where every secret may have the key used."""
    allowed = admin.get("allow")
    if allowed is None:
        return None
    if not isinstance(allowed, list) or not all(isinstance(entry, dict) for entry in allowed):
        raise MalformedSecret(
            f"field 'allow' of {_OF} must be a list of objects",
            do="correct it in the admin's secret",
            field="allow",
        )
    return allowed


def _check_url(admin: Mapping[str, object], errors: IssuerErrors) -> None:
    """Raises TargetMismatch where the secret's issuer is not the one that the keeper names."""
    if Fields(admin, of=_OF).https_url("issuer_url") != errors.base_url:
        names = errors.fields
        own = f"'{names.url}' or " if names.url != NO_FIELD else f"'issuer_url' in {_OF}, or "
        raise TargetMismatch(
            f"{_OF} is for another 'issuer_url' than the secret",
            do=f"correct {own}'{names.admin}'",
            field=names.url,
        )


def _covers(entry: Mapping[str, object], secret_arn: str, sent: Mapping[str, object]) -> bool:
    """Whether an entry of `allow` says this secret's name and what is sent of it, and anything."""
    name = secret_name(secret_arn)
    for field, value in entry.items():
        if field == "secret":
            if not isinstance(value, str) or not fnmatchcase(name, value):
                return False
        elif sent.get(field) != value:
            return False
    return bool(entry)
