"""What the next key takes over of the current one, and current keys that it cannot be like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rotators.http_api_key.account.listing import ListedKey
from rotators.http_api_key.account.rights import missing
from rotators.http_api_key.description.expressions import Expression
from rotators.http_api_key.description.model import Description
from shared.errors import TargetMismatch
from shared.keys.api_key import ApiKey

_ENDS = "ends at a date, and its successor would not"


@dataclass(frozen=True, slots=True)
class Takeover:
    """From the current key, which messages call `name`, to the next one."""

    described: Description
    current: ApiKey
    name: str

    def refuse(self, conditions: Sequence[tuple[Expression, str]], document: object) -> None:
        """Raises TargetMismatch where one holds of what the issuer tells of the current key."""
        for condition, phrase in conditions:
            if condition.holds(document):
                raise self._unlike(f"{phrase}, which its successor would not be")

    def kept(self, listed: ListedKey) -> ListedKey:
        """The current key with what its successor is to have.

        Raises TargetMismatch where it ends and its successor would not, and where it has less
        than the secret remembers.
        """
        if self.described.refuses_ends and (listed.ends or "lifetime" in listed.kept):
            raise self._unlike(_ENDS)
        return replace(listed, kept={**listed.kept, **self._remembered(listed.kept)})

    def _remembered(self, kept: Mapping[str, object]) -> dict[str, object]:
        """What the key was issued with by the secret's word, which is never more than `kept`."""
        remembered = {}
        for name in self.described.compared_names:
            field = self.described.field(name)
            issued_with = self.current.document.get(field)
            if issued_with is None:
                continue
            lost = missing(name, kept.get(name), issued_with)
            if lost is not None:
                raise TargetMismatch(
                    f"{self.name} has lost {lost} since the last rotation",
                    do=f"give it back, or take '{field}' out of the secret if the key is to have "
                    "less from now on",
                    field=field,
                )
            remembered[name] = issued_with
        return remembered

    def _unlike(self, why: str) -> TargetMismatch:
        parts = self.described.fields
        return TargetMismatch(
            f"{self.name} {why}",
            do="make its successor at the issuer and store it with PutSecretValue, or store a key "
            "that can be rotated",
            field=parts.get("id", parts["key"]),
        )
