"""Random bytes, as the text that stands for them."""

import base64
import binascii
import secrets
from dataclasses import dataclass

from rotators.generated.rules.rule import Rule

USUAL_BITS = 256


@dataclass(frozen=True, slots=True)
class Encoded:
    """See Material: hex in small letters, base64 with padding, base64url without."""

    rule: Rule

    def check(self, before: str) -> None:
        """Nothing: no rule asks for too few bits."""

    def make(self, before: str) -> str:
        """As many bits as are asked for; else the usual ones, or as the one before has."""
        found = None if self.rule.size else self._decode(before)
        bits = self.rule.size or max(USUAL_BITS, 8 * len(found or b""))
        return encode(secrets.token_bytes(bits // 8), self.rule.kind)

    def flaw(self, value: str) -> str:
        """Its encoding, and its bits."""
        found = self._decode(value)
        if found is None:
            return f"is no {self.rule.kind}"
        least = self.rule.size or USUAL_BITS
        return f"has fewer than {least} bits" if 8 * len(found) < least else ""

    def weakness(self, value: str) -> str:
        """As `flaw`."""
        return self.flaw(value)

    def _decode(self, value: str) -> bytes | None:
        """None for what is not as `encode` writes it: what decoders take beside differs."""
        kind = self.rule.kind
        try:
            if kind == "hex":
                found = binascii.unhexlify(value)
            else:
                padded = value + "=" * (-len(value) % 4) if kind == "base64url" else value
                found = base64.b64decode(padded, b"-_" if kind == "base64url" else b"+/")
        except ValueError:  # also of what is not ASCII
            return None
        written = {"hex": value.lower(), "base64": value, "base64url": value.rstrip("=")}[kind]
        return found if found and encode(found, kind) == written else None


def encode(value: bytes, kind: str) -> str:
    """The text of these bytes."""
    if kind == "hex":
        return value.hex()
    if kind == "base64":
        return base64.b64encode(value).decode()
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
