"""A KeyIssuer for any HTTP API, as a description of the issuer says.

docs/issuers.md explains descriptions; the folder issuers beside this file has some.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from rotators.http_api_key.account.asker import Asker
from rotators.http_api_key.account.manager import TAG_LENGTH, Manager, label_text
from rotators.http_api_key.admin import check_admin, may_reset
from rotators.http_api_key.description.model import Description, names_in
from rotators.http_api_key.description.sources import Sources
from rotators.http_api_key.description.trust import Trust
from rotators.http_api_key.http.client import Client
from rotators.http_api_key.http.network import Network, Rules
from rotators.http_api_key.stored import read_stored
from shared.asked.grants import Grants
from shared.asked.passwords import PASSWORD_RULES, password_policy
from shared.keys.api_key import ApiKey, Way
from shared.passwords import PasswordPolicy
from shared.protocol.contract import Ticket
from shared.tls import ca_bundle


class HttpIssuer:
    """Issuers behind HTTPS, as descriptions say."""

    name: ClassVar[str] = "http_api_key"

    def __init__(self, ca: Path, environment: Mapping[str, str]) -> None:
        self._network = Network(ca, Rules.from_environment(environment))
        self._sources = Sources(environment)
        self._policies = Grants(environment, PASSWORD_RULES, password_policy)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Trusting what TLS_CA_BUNDLE says; raises Misconfigured."""
        return cls(ca_bundle(environment), environment)

    def parse(self, document: Mapping[str, object], /) -> ApiKey:
        """The key in a secret, by its description; all of it is checked before it is used."""
        return read_stored(self._client(document), document, self._trust(document))

    def manage(self, key: ApiKey, ticket: Ticket[ApiKey]) -> Manager:
        """The key's account; raises TargetMismatch where the admin is not for this issuer."""
        client = self._client(key.document)
        description = client.description
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
        label = label_text(description, facts, ticket.version_id)
        return Manager(
            Asker(client, key, admin, {**facts, "label": label}),
            key,
            facts,
            self._policy(description, key.document),
            may_reset=admin is not None and may_reset(admin, arn),
        )

    def policies(self, key: ApiKey, /) -> Grants[PasswordPolicy] | None:
        """The password settings, where keys are made here and the description does not say how."""
        description = self._sources.of(key.document)
        is_made_here = description.way is Way.CHOSEN or not description.keys
        return self._policies if is_made_here and description.choose is None else None

    def choose(self, current: ApiKey, /) -> ApiKey:
        """The next key, by the description's rules or the password settings."""
        description = self._sources.of(current.document)
        key = self._policy(description, current.document).generate()
        return current.with_key(key, slot=description.other_slot(current.slot))

    def probe(self, key: ApiKey, /) -> bool:
        """Use the key as its owner would; one that only lacks a right for it is as good.

        Gives whether the answer, or the key itself, shows that `key_id` is this key's.
        Raises Rejected for a wrong key, TargetMismatch for another owner's, and Forbidden where
        the answer does not tell whether the key is right.
        """
        client = self._client(key.document)
        # A right key that lacks the right to see whose it is shows nothing of its id.
        shows_all = client.probe(key)
        description = client.description
        return description.binds_id and (shows_all or _is_id_sent_with_key(description))

    def propagation(self, key: ApiKey, /) -> float:
        """The seconds in which a new key may not work yet, by the description."""
        return float(self._sources.of(key.document).propagation)

    def _policy(self, description: Description, document: Mapping[str, object]) -> PasswordPolicy:
        """What keys are like that are made here."""
        return description.choose or self._policies.granted_or_unasked(document)

    def _client(self, document: Mapping[str, object]) -> Client:
        return Client(self._network, self._sources.of(document), document)

    def _trust(self, document: Mapping[str, object]) -> Trust:
        hosts_are_listed = bool(self._network.rules.hosts)
        return self._sources.trust(document, hosts_are_listed=hosts_are_listed)


def _is_id_sent_with_key(description: Description) -> bool:
    """Whether a key is known to its issuer by both, or itself has its id in it."""
    field = description.fields["id"]
    return description.carries is not None or any(
        name.root == "id" or (name.root == "secret" and description.field(name.field) == field)
        for name in names_in(description.probe.auth or description.auth)
    )
