"""A field that is one key pair: `{"kid", "alg", "private_key", "jwk"}`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rotators.generated.forms.form import Moment
from rotators.generated.keys.key import Keys
from shared.errors import MalformedSecret
from shared.protocol.expiry import REPLACED_AT_FINISH


@dataclass(frozen=True, slots=True)
class Pair:
    """See Form."""

    field: str
    keys: Keys

    def renew(self, held: object, _moment: Moment) -> object:
        """The private half beside the public one."""
        self.check(held)
        key = self.keys.make({})
        return {**key.signs, "jwk": dict(key.verifies)}

    def check(self, held: object) -> None:
        """A text may be a PEM, and is replaced."""
        if not (held is None or isinstance(held, str) or "private_key" in _members(held)):
            raise MalformedSecret(
                f"field '{self.field}' of the secret is neither a key pair nor a text, and is not "
                "replaced by a key pair",
                do="correct the name in the rule; for a first pair store null there",
                field=self.field,
            )

    def flaw(self, held: object) -> str:
        """Whether the two halves are one pair, and of its kind."""
        jwk = _members(_members(held).get("jwk"))
        if not jwk:
            return "has no key pair yet"
        if flaw := self.keys.flaw(_members(held)):
            return flaw
        if jwk.get("kid") != _members(held).get("kid") or not self.keys.match(_members(held), jwk):
            return "has a public half that does not verify what the private one signs"
        return ""

    def expiry(self) -> str:
        """Who reads the secret has the new one from then on."""
        return REPLACED_AT_FINISH

    def remains(self, leaked: object, held: object) -> Collection[str]:
        """The pair, where it is the same."""
        same = self.keys.match(_members(leaked), _members(_members(held).get("jwk")))
        return [f"the key pair in '{self.field}'"] if same else []

    def without(self, _leaked: object, _held: object, _moment: Moment) -> None:
        """Nothing accepts both."""


def _members(held: object) -> Mapping[str, object]:
    return held if isinstance(held, Mapping) else {}
