"""A Backend made from any KeyIssuer: a new key beside the old one, revoked a rotation later."""

import logging
from collections.abc import Mapping, Sequence

from shared.contract import KeyIssuer, OwnedKey, Ticket
from shared.credentials import ApiKey, admin_key
from shared.errors import TargetMismatch
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

    def mint(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """Have a key issued for this version, with the limits of the one it replaces.

        First revokes the previous version's key, and keys of ours that no version holds.
        Raises TargetMismatch where the current key is not live any more.
        """
        admin = self._admin(current, ticket)
        live = self._issuer.owned(current.account, admin=admin)
        limits = _limits(live, current)
        for key in _leftover(live, current, ticket):
            self._issuer.revoke(current.account, key.key_id, admin=admin)
            LOG.info("revoked key %s", key.key_id)
        key_id, value = self._issuer.issue(
            current.account,
            label=_label(ticket.secret_arn, ticket.version_id),
            limits=limits,
            admin=admin,
        )
        return current.with_key(key_id, value)

    def discard(self, minted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Revoke the key that was not stored."""
        admin = self._admin(minted, ticket)
        self._issuer.revoke(minted.account, minted.key_id, admin=admin)

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Nothing: a key works from the moment it is issued."""

    def verify(self, pending: ApiKey, _ticket: Ticket[ApiKey], /) -> None:
        """Use the key as its owner would."""
        self._issuer.probe(pending)

    def settle(self, ticket: Ticket[ApiKey], /) -> None:
        """Nothing: the previous key ends as the next rotation begins."""

    @staticmethod
    def _admin(key: ApiKey, ticket: Ticket[ApiKey]) -> Secret:
        return admin_key(ticket.open(key.admin_secret_arn), key.account)


def _limits(live: Sequence[OwnedKey], current: ApiKey) -> Mapping[str, object]:
    """What the current key may do: its successor must not be able to do more."""
    for key in live:
        if key.key_id == current.key_id:
            return key.limits
    raise TargetMismatch(
        f"the issuer lists no live key '{current.key_id}' of {current.account.owner!r}: it has "
        "expired or was revoked, or 'key_id' is not of 'api_key'",
        do="issue a key with the rights it is to have, and store it with PutSecretValue",
        field="key_id",
    )


def _leftover(
    live: Sequence[OwnedKey], current: ApiKey, ticket: Ticket[ApiKey]
) -> Sequence[OwnedKey]:
    """The live keys to revoke; none that is without our label and was never in this secret."""
    ours = _label(ticket.secret_arn, "")
    if any(key.label == ours + ticket.version_id for key in live):
        # Another invocation of this step has been here, maybe long ago: what it left alone is
        # in use, such as a key that a later rotation has just made.
        return []
    stored = [ticket.previous()]
    if stored[0] is not None and stored[0].key_id == current.key_id:
        # The secret was edited by hand since: the key before has no label of AWS's any more,
        # nor one of ours if it was made by hand.
        stored += ticket.strays()
    held = {each.key_id for each in stored if each and each.account == current.account}
    return [
        key
        for key in live
        if key.key_id != current.key_id and (key.label.startswith(ours) or key.key_id in held)
    ]


def _label(secret_arn: str, version_id: str) -> str:
    return f"{secret_arn} {version_id}"
