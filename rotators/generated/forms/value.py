"""A field that is one text."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass

from rotators.generated.forms.form import Moment
from rotators.generated.keys.material import Material
from shared.errors import MalformedSecret
from shared.protocol.expiry import REPLACED_AT_FINISH


@dataclass(frozen=True, slots=True)
class Value:
    """See Form."""

    field: str
    material: Material

    def renew(self, held: object, _moment: Moment) -> object:
        """Whatever text was there is replaced."""
        self.check(held)
        return self.material.make(str(held or ""))

    def check(self, held: object) -> None:
        """What is no text is likelier another field than one without a value."""
        if not (held is None or isinstance(held, str)):
            raise MalformedSecret(
                f"field '{self.field}' of the secret is no text, and is not replaced by one",
                do="correct the name in the rule; for a first value store null there",
                field=self.field,
            )
        self.material.check(str(held or ""))

    def flaw(self, held: object) -> str:
        """Of the text."""
        return self.material.flaw(held) if isinstance(held, str) and held else "has no value yet"

    def expiry(self) -> str:
        """Who reads the secret has the new one from then on."""
        return REPLACED_AT_FINISH

    def remains(self, leaked: object, held: object) -> Collection[str]:
        """The value, where it is the same."""
        same = hmac.compare_digest(_bytes(leaked), _bytes(held))
        return [f"the value of '{self.field}'"] if same else []

    def without(self, _leaked: object, _held: object, _moment: Moment) -> None:
        """Nothing accepts both."""


def _bytes(value: object) -> bytes:
    return str(value).encode(errors="surrogatepass")
