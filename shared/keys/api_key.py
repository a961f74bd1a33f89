"""ApiKey: what a secret holds of a key that an issuer gave out, with all else in it kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from types import MappingProxyType
from typing import Self

from shared.document.form import with_fields
from shared.protocol.reset import Reset
from shared.secret import Secret


class Way(Enum):
    """How an account gets its next key."""

    ISSUED = auto()  # the issuer makes it, beside the current one
    REPLACED = auto()  # the issuer makes it, in place of the current one or of the other slot's
    CHOSEN = auto()  # this function chooses it and sets it, in place of the same


@dataclass(frozen=True, slots=True)
class Account:
    """The owner of keys at one issuer: two accounts are equal where a key of one is of the other.

    owner: its name there, as messages show it.
    others: everything else that is sent with the key, for comparing only.
    """

    issuer_url: str
    owner: str
    others: Secret = field(default_factory=lambda: Secret(""), repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key at an issuer, and the secret that it is stored in.

    admin: the ARN of the secret whose key issues and revokes; None where this key itself may, or
    the function's role.
    document: the secret's JSON object, confidential values included.
    fields: which fields of it hold the `key`, the `id` and the `slot`.
    key_id: None where the secret has no field for it.
    slot: which of the account's two places the key is in; None where it has one place only.
    more: the values of other fields of the secret that the issuer gave together with the key.
    granted: what the key was issued with, by the field of the secret that is to remember it.
    ends: when it ends by itself, where the issuer has said so as it issued the key.
    """

    account: Account
    way: Way
    key: Secret
    admin: str | None
    document: Mapping[str, object] = field(repr=False)
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({"key": "key"}))
    key_id: str | None = field(default=None, repr=False)  # of some issuers it is the key
    slot: str | None = None
    more: Mapping[str, Secret] = field(default_factory=dict)
    granted: Mapping[str, object] = field(default_factory=dict)
    ends: datetime | None = field(default=None, compare=False)

    def render(self) -> dict[str, object]:
        """The secret's JSON object with this key in it, and everything else as it was."""
        changed: dict[str, object] = {self.fields["key"]: self.key.reveal()}
        if self.key_id is not None and "id" in self.fields:
            changed[self.fields["id"]] = self.key_id
        if self.slot is not None:
            changed[self.fields["slot"]] = self.slot
        changed |= {name: value.reveal() for name, value in self.more.items()}
        changed |= self.granted
        return with_fields(self.document, changed)

    @property
    def reset(self) -> Reset | None:
        """What the keeper of another secret, which has the admin's key, may allow."""
        if self.admin is None:
            return None
        return Reset(self.admin, f"{self.account.owner!r} at {self.account.issuer_url}")

    def with_key(
        self,
        key: Secret,
        *,
        key_id: str | None = None,
        slot: str | None = None,
        more: Mapping[str, Secret] = MappingProxyType({}),
    ) -> Self:
        """Another key of the same account; an id or a slot that is not given stays."""
        return replace(
            self,
            key=key,
            key_id=key_id or self.key_id,
            slot=slot or self.slot,
            more=more,
            granted={},
            ends=None,
        )
