"""The key in a secret, by its description: all of it is checked before it is used."""

from collections.abc import Mapping

from rotators.http_api_key.account.listing import id_of
from rotators.http_api_key.account.shown import has_ends
from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.parts import Admin
from rotators.http_api_key.description.trust import OtherBases, Trust
from rotators.http_api_key.http.calls import climbs
from rotators.http_api_key.http.client import Client
from shared.aws.names import region_of
from shared.document.fields import Fields
from shared.document.form import require_known, urls_of
from shared.document.mapping import URLS
from shared.errors import MalformedSecret, Misconfigured
from shared.keys.api_key import Account, ApiKey
from shared.secret import Secret


def read_stored(client: Client, document: Mapping[str, object], trust: Trust) -> ApiKey:
    """Raises MalformedSecret naming the field, and Misconfigured."""
    description = client.description
    require_known(document, _known_fields(description), of="the secret")
    _check_urls(description, document)
    _check_names(description, client.values.secret)
    _check_patterns(description, document)
    _check_other_bases(description, trust)
    fields = Fields(document)
    parts = description.fields
    key = ApiKey(
        account=Account(client.base, client.errors.owner or "the secret", client.sent),
        way=description.way,
        key=Secret(fields.text(parts["key"])),
        admin=_arn(description.admin, client) if description.admin else None,
        document=document,
        fields=parts,
        key_id=_id(document, parts["id"]) if "id" in parts else None,
        slot=_slot(fields, description),
    )
    _check_id(client, key)
    client.probe_call(key)  # a key that cannot be sent is refused here, not at testSecret
    return key


def _known_fields(description: Description) -> frozenset[str]:
    """The fields of a secret that are read or written by this description."""
    used = {name.field for name in description.names if name.root == "secret"}
    fields = {description.field(name) for name in used | set(description.renew.found)}
    return frozenset({"issuer", *description.fields.values(), *fields})


def _check_urls(description: Description, document: Mapping[str, object]) -> None:
    """Raises MalformedSecret for URLs that would keep an old key: they hold a `password` alone."""
    key = description.fields["key"]
    if urls_of(document) and key != "password":
        raise MalformedSecret(
            f"'{URLS}' of the secret lists URLs, but its key is in '{key}', which no URL has",
            do=f"take '{URLS}' out of the secret, and the key out of its URLs",
            field=URLS,
        )


def _check_names(description: Description, values: Mapping[str, object]) -> None:
    """Raises MalformedSecret for a field of the secret that is needed and not there.

    values: what the description's names stand for.
    """
    names = {
        name.field for name in description.names if name.root == "secret" and not name.optional
    }
    for name in sorted(names):
        value = values.get(name)
        if value is None or value == "":
            field = description.field(name)
            raise MalformedSecret(
                f"field '{field}' of the secret is missing", do="add it to the secret", field=field
            )


def _check_patterns(description: Description, document: Mapping[str, object]) -> None:
    """Raises MalformedSecret for a field whose value is not as the description bounds it."""
    field = description.unfit(document)
    if field is not None:
        raise MalformedSecret(
            f"field '{field}' of the secret is not of the form that the issuer's description asks",
            do="correct it in the secret; 'patterns' in the description has the form",
            field=field,
        )


def _check_other_bases(description: Description, trust: Trust) -> None:
    """Raises Misconfigured where a secret could name a second host, to have a key sent there."""
    if trust.other_bases is OtherBases.ANY:
        return
    for request in description.requests:
        if request.base is None:
            continue
        if trust.other_bases is OtherBases.NONE or any(request.base.names):
            raise Misconfigured(
                f"{request.place}.base in the issuer's description is for the secret to say",
                do="set ISSUER_HOSTS on the function to the hosts that it may call",
                field="ISSUER_HOSTS",
            )


def _check_id(client: Client, key: ApiKey) -> None:
    """Raises MalformedSecret for an id that would show the key, or that is not of it."""
    description = client.description
    if key.key_id is None:
        return
    field = description.fields["id"]
    if not description.is_id_confidential and Secret(key.key_id) == key.key:
        raise MalformedSecret(
            f"field '{field}' of the secret has the key itself, and messages would show it",
            do='store the key\'s id there, or say "confidential": ["id"] in the description if '
            "the key has no other",
            field=field,
        )
    carries = description.carries
    if carries is not None and not has_ends(key.key, carries.text(client.of_key(key))):
        raise MalformedSecret(
            f"field '{field}' of the secret is not the id that '{description.fields['key']}' "
            "begins with",
            do="correct it in the secret",
            field=field,
        )


def _arn(admin: Admin, client: Client) -> str:
    field = client.errors.fields.admin
    for name in admin.secret.names:
        Fields({field: client.values.get(name)}).text(field)
    arn = admin.secret.text(client.values)
    if region_of(arn) is None:  # it may be another field's value, by a slip: not repeated
        raise MalformedSecret(
            f"field '{field}' of the secret is not the ARN of a secret",
            do=f"let '{field}' be the ARN of the admin's secret",
            field=field,
        )
    return arn


def _id(document: Mapping[str, object], field: str) -> str:
    value = id_of(document.get(field)) or Fields(document).text(field)
    if climbs(value):
        raise MalformedSecret(
            f"field '{field}' of the secret is a path, not an id",
            do="correct it in the secret",
            field=field,
        )
    return value


def _slot(fields: Fields, description: Description) -> str | None:
    if not description.slots:
        return None
    slot = fields.text(description.fields["slot"])
    if slot not in description.slots:
        raise MalformedSecret(
            f"field '{description.fields['slot']}' of the secret is not one of "
            f"{', '.join(description.slots)}",
            do="correct it in the secret",
            field=description.fields["slot"],
        )
    return slot
