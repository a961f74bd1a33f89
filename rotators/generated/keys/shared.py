"""Keys that both sides share, such as those of an HMAC."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from rotators.generated.keys.key import Key
from rotators.generated.keys.material import Material

_MESSAGE = b"testSecret"
_KID_BYTES = 8


@dataclass(frozen=True, slots=True)
class SharedKeys:
    """See Keys: `key` is the text, and HMAC's key its UTF-8."""

    material: Material

    def check(self, before: Mapping[str, object]) -> None:
        """As the text may be."""
        self.material.check(_key(before))

    def make(self, before: Mapping[str, object]) -> Key:
        """With an id that says nothing of the key: what is derived from it could be searched."""
        kid = secrets.token_hex(_KID_BYTES)
        both = {"kid": kid, "key": self.material.make(_key(before))}
        return Key(kid, both, both)

    def flaw(self, signs: Mapping[str, object]) -> str:
        """Of the text: that clients go on with, whatever the password rules are by now."""
        return self.material.weakness(_key(signs))

    def match(self, signs: Mapping[str, object], verifies: Mapping[str, object]) -> bool:
        """By an HMAC."""
        return hmac.compare_digest(_sign(signs), _sign(verifies))

    def leak(self, verifies: Mapping[str, object]) -> bool:
        """It is the key itself."""
        return bool(verifies)


def _key(half: Mapping[str, object]) -> str:
    key = half.get("key")
    return key if isinstance(key, str) else ""


def _sign(half: Mapping[str, object]) -> bytes:
    return hmac.digest(_key(half).encode(errors="surrogatepass"), _MESSAGE, "sha256")
