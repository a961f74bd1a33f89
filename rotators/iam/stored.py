"""The key in a secret: all of it is checked before it is used."""

import re
from collections.abc import Mapping
from typing import NoReturn

from shared.document.fields import Fields
from shared.document.form import require_known, urls_of
from shared.document.mapping import URLS
from shared.errors import MalformedSecret
from shared.keys.api_key import Account, ApiKey, Way
from shared.secret import Secret

USER, ID, KEY = "username", "access_key_id", "secret_access_key"
SMTP_PASSWORD, SMTP_REGION, SMTP_USER = "ses_smtp_password", "ses_smtp_region", "ses_smtp_username"
SERVICE = "AWS IAM"
_KNOWN = frozenset({USER, ID, KEY, SMTP_PASSWORD, SMTP_REGION, SMTP_USER})
# IAM API reference, CreateUser: UserName.
_USER_FORM = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
# The same, UpdateAccessKey: AccessKeyId, of 16 characters at least; wider, as STS judges it.
_ID_FORM = re.compile(r"[\w-]{16,128}", re.ASCII)
_REGION_FORM = re.compile(r"[a-z]{2,8}(-[a-z]{1,16}){1,3}-[0-9]{1,2}")
# IAM User Guide, "IAM identifiers": prefixes of unique IDs; those of AWS STS end by themselves.
_TEMPORARY = "ASIA"


def read_stored(document: Mapping[str, object]) -> ApiKey:
    """Raises MalformedSecret naming the field."""
    require_known(document, _KNOWN, of="the secret")
    if urls_of(document):
        _refuse(URLS, "lists URLs, and an access key is in none", f"take '{URLS}' out of it")
    fields = Fields(document)
    user, key_id = fields.text(USER), fields.text(ID)
    if not _USER_FORM.fullmatch(user):
        _refuse(USER, "is not the name of an IAM user", "give the name alone, without a path")
    if not _ID_FORM.fullmatch(key_id):
        _refuse(ID, "is not the id of an access key", "give the id, such as AKIA and 16 more")
    key = Secret(fields.token(KEY))
    if Secret(key_id) == key:
        _refuse(ID, f"is the same as '{KEY}'", "give the key's id")
    if key_id.startswith(_TEMPORARY):
        _refuse(
            ID,
            "is of temporary credentials, which end by themselves",
            "store an access key of the user, which begins with AKIA",
        )
    _check_smtp(fields)
    return ApiKey(
        account=Account(SERVICE, user),
        way=Way.ISSUED,
        key=key,
        admin=None,
        document=document,
        fields={"key": KEY, "id": ID},
        key_id=key_id,
    )


def _check_smtp(fields: Fields) -> None:
    """Raises MalformedSecret where a password for SMTP is to be derived, for no known region."""
    if SMTP_PASSWORD not in fields.document:
        return
    fields.name(SMTP_PASSWORD)
    if not _REGION_FORM.fullmatch(fields.text(SMTP_REGION)):
        _refuse(SMTP_REGION, "is not a region", "give SES's region, such as eu-central-1")


def _refuse(field: str, problem: str, do: str) -> NoReturn:
    raise MalformedSecret(f"field '{field}' of the secret {problem}", do=do, field=field)
