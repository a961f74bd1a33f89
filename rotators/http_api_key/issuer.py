"""A KeyIssuer for any HTTP API, as a description of the issuer says.

docs/issuers.md explains descriptions; the folder issuers beside this file has some.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from rotators.http_api_key.admin import check_admin
from rotators.http_api_key.description.model import Admin, Description
from rotators.http_api_key.description.sources import Sources
from rotators.http_api_key.description.trust import OtherBases, Trust
from rotators.http_api_key.http.calls import climbs
from rotators.http_api_key.http.client import Client
from rotators.http_api_key.http.network import Network, Rules
from rotators.http_api_key.listing import id_of
from rotators.http_api_key.manager import TAG_LENGTH, Manager
from shared.errors import MalformedSecret, Misconfigured
from shared.fields import Fields
from shared.keys.api_key import Account, ApiKey
from shared.passwords import PasswordPolicy
from shared.protocol.contract import Ticket
from shared.secret import Secret
from shared.tls import ca_bundle


class HttpIssuer:
    """Issuers behind HTTPS, as descriptions say."""

    name: ClassVar[str] = "http_api_key"

    def __init__(self, ca: Path, environment: Mapping[str, str]) -> None:
        self._network = Network(ca, Rules.from_environment(environment))
        self._sources = Sources(environment)
        self._policy = PasswordPolicy.from_environment(environment)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Trusting what TLS_CA_BUNDLE says; raises Misconfigured."""
        return cls(ca_bundle(environment), environment)

    def parse(self, document: Mapping[str, object], /) -> ApiKey:
        """The key in a secret, by its description; all of it is checked before it is used."""
        description = self._sources.of(document)
        client = Client(self._network, description, document)
        _check_names(description, client.values.secret)
        _check_other_bases(description, self._trust(document))
        fields = Fields(document)
        parts = description.fields
        admin = description.admin
        key = ApiKey(
            account=Account(client.base, client.errors.owner, client.sent),
            way=description.way,
            key=Secret(fields.text(parts["key"])),
            admin=_arn(admin, client) if admin else None,
            document=document,
            fields=parts,
            key_id=_id(document, parts["id"]) if "id" in parts else None,
            slot=_slot(fields, description),
        )
        client.probe_call(key)  # a key that cannot be sent is refused here, not at testSecret
        return key

    def _trust(self, document: Mapping[str, object]) -> Trust:
        hosts_are_listed = bool(self._network.rules.hosts)
        return self._sources.trust(document, hosts_are_listed=hosts_are_listed)

    def manage(self, key: ApiKey, ticket: Ticket[ApiKey]) -> Manager:
        """The key's account; raises TargetMismatch where the admin is not for this issuer."""
        description = self._sources.of(key.document)
        client = Client(self._network, description, key.document)
        arn = ticket.secret_arn
        admin = None
        if key.admin is not None:
            admin = ticket.read_secret(key.admin)
            # Not what only the secret's own `values` have: nothing of it is sent.
            used = {name.field for name in description.names if name.root == "secret"}
            values = client.values.secret
            sent = {name: value for name, value in values.items() if name in used}
            check_admin(admin, self._trust(key.document), client.errors, arn, sent)
        tag = hashlib.sha256(arn.encode()).hexdigest()[:TAG_LENGTH]
        facts = {"arn": arn, "tag": tag, "version": ticket.version_id}
        return Manager(client, key, admin, facts, description.choose or self._policy)

    def choose(self, current: ApiKey, /) -> ApiKey:
        """The next key, by the description's rules or the function's password settings."""
        description = self._sources.of(current.document)
        key = (description.choose or self._policy).generate()
        return current.with_key(key, slot=description.other_slot(current.slot))

    def probe(self, key: ApiKey, /) -> None:
        """Use the key as its owner would; raises Rejected, TargetMismatch for another owner's."""
        Client(self._network, self._sources.of(key.document), key.document).probe(key)

    def binds(self, _key: ApiKey, /) -> bool:
        """Whether a probe that succeeds, or the key itself, shows that `key_id` is this key's."""
        return True

    def propagation(self, key: ApiKey, /) -> float:
        """The seconds in which a new key may not work yet, by the description."""
        return float(self._sources.of(key.document).propagation)


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


def _arn(admin: Admin, client: Client) -> str:
    field = client.errors.fields.admin
    for name in admin.secret.names:
        Fields({field: client.values.get(name)}).text(field)
    return admin.secret.text(client.values)


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
