"""A Backend made from any KeyIssuer: a new key beside the old one, revoked a rotation later."""

import logging
from collections.abc import Mapping

from shared.contract import KeyIssuer, Ticket
from shared.credentials import ApiKey, admin_key
from shared.secret import Secret

LOG = logging.getLogger(f"rotation.{__name__}")


class IssuedKey:
    """Keys overlap: the current one is accepted at every moment, the previous one for an interval.

    Every key is labelled with the secret's ARN and the id of the version it was made for, so a
    key lost in a crash is found by its label at the next rotation.
    """

    def __init__(self, issuer: KeyIssuer) -> None:
        self._issuer = issuer
        self.name = issuer.name

    def parse(self, document: Mapping[str, object], /) -> ApiKey:
        """Raises MalformedSecret."""
        return ApiKey.parse(document)

    def render(self, credential: ApiKey, /) -> dict[str, object]:
        """The secret's JSON with this key."""
        return credential.render()

    def retire(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Revoke the previous version's key, and keys of ours that no version holds.

        Keys labelled with the version being made are left: another invocation of this very step
        may be about to store one. Keys without our label and in no version are others' own.
        """
        previous = ticket.previous()
        admin = self._admin(current, ticket)
        for key in self._issuer.owned(current.account, admin=admin):
            ours = key.label.startswith(_label(ticket.secret_arn, ""))
            replaced = previous is not None and key.key_id == previous.key_id
            kept = (current.key_id, _label(ticket.secret_arn, ticket.version_id))
            if (ours or replaced) and key.key_id != kept[0] and key.label != kept[1]:
                self._issuer.revoke(current.account, key.key_id, admin=admin)
                LOG.info("revoked key %s", key.key_id)

    def mint(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """Have a key issued, labelled with the version it is for."""
        key_id, key = self._issuer.issue(
            current.account,
            label=_label(ticket.secret_arn, ticket.version_id),
            admin=self._admin(current, ticket),
        )
        return current.with_key(key_id, key)

    def discard(self, minted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Revoke the key that was not stored."""
        admin = self._admin(minted, ticket)
        self._issuer.revoke(minted.account, minted.key_id, admin=admin)

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Nothing: a key works from the moment it is issued."""

    def verify(self, pending: ApiKey, _ticket: Ticket[ApiKey], /) -> None:
        """Use the key as its owner would."""
        self._issuer.probe(pending)

    @staticmethod
    def _admin(key: ApiKey, ticket: Ticket[ApiKey]) -> Secret:
        return admin_key(ticket.open(key.admin_secret_arn))


def _label(secret_arn: str, version_id: str) -> str:
    return f"{secret_arn} {version_id}"
