"""ApiKey: what a secret holds of a key that an issuer gave out, with all else in it kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from types import MappingProxyType
from typing import Self

from shared.fields import with_fields
from shared.secret import Secret


class Way(Enum):
    """How a key comes to be replaced."""

    ISSUED = auto()  # the issuer makes a new one beside it
    REPLACED = auto()  # the issuer makes a new one in its place, or in the place of a second one
    CHOSEN = auto()  # we choose the new one and set it in its place


@dataclass(frozen=True, slots=True)
class Account:
    """Whom an issuer issues keys to: its base URL and the owner's name there.

    owner: as messages show it; others: all that is sent with the key, for comparing only.
    """

    issuer_url: str
    owner: str
    others: Secret = field(default_factory=lambda: Secret(""), repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key at an issuer. `document` is the secret it came from, values in it included.

    key_id: None where the secret has no field for it; slot: which of two places it is in.
    admin: the ARN of the secret of whoever issues and revokes; None where the key itself may, or
    the function's role.
    fields: the secret's fields for `key`, `id` and `slot`.
    more: other fields that came with the key, to be stored beside it.
    """

    account: Account
    way: Way
    key: Secret
    admin: str | None
    document: Mapping[str, object] = field(repr=False)
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({"key": "key"}))
    key_id: str | None = None
    slot: str | None = None
    more: Mapping[str, Secret] = field(default_factory=dict)

    def render(self) -> dict[str, object]:
        """The document again, with this key in it."""
        mine: dict[str, object] = {self.fields["key"]: self.key.reveal()}
        if self.key_id is not None and "id" in self.fields:
            mine[self.fields["id"]] = self.key_id
        if self.slot is not None:
            mine[self.fields["slot"]] = self.slot
        mine |= {name: value.reveal() for name, value in self.more.items()}
        return with_fields(self.document, mine)

    def with_key(
        self,
        key: Secret,
        *,
        key_id: str | None = None,
        slot: str | None = None,
        more: Mapping[str, Secret] = MappingProxyType({}),
    ) -> Self:
        """The same account, with another key; what is not given stays."""
        key_id, slot = key_id or self.key_id, slot or self.slot
        return replace(self, key=key, key_id=key_id, slot=slot, more=more)
