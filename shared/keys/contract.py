"""The Protocols of issuers of API keys; protocol/contract.py has what all backends share."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Protocol

from shared.asked.grants import Grants
from shared.keys.api_key import ApiKey
from shared.passwords import PasswordPolicy
from shared.protocol.contract import Ticket
from shared.secret import Secret


class OwnedKey(Protocol):
    """A key that is accepted now, as the issuer lists it: never its value."""

    @property
    def key_id(self) -> str:
        """What `revoke` takes."""
        ...

    @property
    def label(self) -> str:
        """What the key was issued with: a `key_label`, or a person's words."""
        ...

    @property
    def created(self) -> datetime | None:
        """When the key was issued, where the issuer says so."""
        ...

    @property
    def kept(self) -> Mapping[str, object]:
        """What its successor takes over of it, such as rights and lifetime; see `issue`."""
        ...

    @property
    def ends(self) -> datetime | None:
        """When it ends by itself, where the issuer says so."""
        ...

    @property
    def last_used(self) -> datetime | None:
        """When it was last used; None where it never was, or the issuer does not say."""
        ...

    def shows(self, key: Secret, /) -> bool | None:
        """Whether the part of its value that the issuer shows is of this; None: it shows none."""
        ...


class KeyManager(Protocol):
    """An account at an issuer, for one step; it asks with the key of whoever may issue and revoke.

    A key label is the issuer's note beside a key, not one of Secrets Manager's staging labels.
    """

    inherits: bool  # whether a new key takes something over of the one it replaces
    idempotent: bool  # whether `issue` gives the same key again for the same version
    can_list: bool  # whether the issuer tells which keys are accepted
    can_label: bool  # whether its list also tells each one's key label
    tells_use: bool  # whether its list also tells when each was last used, once it is `listed`
    can_revoke: bool  # whether a key can be ended, and does not only expire
    proves_end: bool  # whether `revoke` waits until the key is refused, where it has its value
    may_reset: bool  # whether the admin's keeper lets this secret's key be replaced unproven
    max_keys: int | None  # how many keys the account may have, where that is few

    def key_label(self, version_id: str) -> str:
        """What a key issued for this version of this secret is labelled with.

        Asked only where `can_label`; never empty, and ends with the version's id.
        """
        ...

    def is_key_label(self, label: str) -> bool:
        """Whether this could be the `key_label` of a version of any secret.

        Asked only where `can_label`.
        """
        ...

    def listed(self) -> Sequence[OwnedKey]:
        """The account's accepted keys; none where the issuer does not tell."""
        ...

    def inspect(self, listed: OwnedKey, current: ApiKey, /) -> OwnedKey:
        """The listed current key, with all that its successor takes over of it.

        Raises TargetMismatch where its successor would be of another kind, or where the key has
        less than it was issued with.
        """
        ...

    def slot_of(self, key: ApiKey, /) -> str | None:
        """The slot that holds the key by the issuer's word; None for neither.

        Asked only of accounts with slots.
        """
        ...

    def key_name(self, key_id: str, /) -> str:
        """What messages and logs call a key, whose id may be confidential."""
        ...

    def issue(self, current: ApiKey, kept: Mapping[str, object]) -> ApiKey:
        """The key that the issuer makes: beside `current`, in its place, or in its other slot.

        Raises TargetMismatch where it has less than was asked for; it is ended then, if it can be.
        """
        ...

    def set_key(self, chosen: ApiKey, *, accepted: ApiKey, kept: Mapping[str, object]) -> None:
        """Have the issuer accept a key of our choice instead of the accepted one.

        Raises RejectedByPolicy.
        """
        ...

    def revoke(self, key_id: str, stored: ApiKey | None = None) -> None:
        """End a key; one that is already gone is a success.

        stored: the key with its value, where a version has it: some issuers' revocations are only
        believed once it is refused.

        An issuer that can disable keys may do only that at first: such a key is still listed, so
        the next rotation asks for its end again, and it is deleted then.
        """
        ...

    def check_ended(self, key_ids: Collection[str], /) -> None:
        """Warn of revoked keys that are accepted all the same, as far as the issuer tells."""
        ...


class KeyIssuer(Protocol):
    """Services that hand out API keys."""

    name: ClassVar[str]

    def parse(self, document: Mapping[str, object], /) -> ApiKey:
        """The key in a secret; raises MalformedSecret, Misconfigured."""
        ...

    def manage(self, key: ApiKey, ticket: Ticket[ApiKey]) -> KeyManager:
        """The key's account, managed with the key in the secret that `key.admin` names.

        Where `key.admin` is None no other secret is read: `key` itself may issue and revoke, or
        the function's own role may. Raises TargetMismatch where the admin is not for this issuer.
        """
        ...

    def policies(self, key: ApiKey, /) -> Grants[PasswordPolicy] | None:
        """What the account's next key is like where the password settings of this function say so.

        None where the issuer makes keys, or says itself what they are like.
        """
        ...

    def choose(self, current: ApiKey, /) -> ApiKey:
        """The next key where it is ours to choose: not at the issuer yet."""
        ...

    def probe(self, key: ApiKey, /) -> bool:
        """Use the key as its owner would; one that only lacks a right for it is as good.

        Gives whether the answer, or the key itself, shows that `key_id` is this key's.
        Raises Rejected for a wrong key, TargetMismatch for another owner's, and Forbidden where
        the answer does not tell whether the key is right.
        """
        ...

    def propagation(self, key: ApiKey, /) -> float:
        """The seconds in which a new key may not be accepted yet, nor an old one refused."""
        ...
