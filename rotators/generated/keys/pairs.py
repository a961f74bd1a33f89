"""Key pairs: the private half as PEM, the public one as JWK."""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from rotators.generated.keys.jwk import (
    Private,
    algorithm_of,
    public_jwk,
    public_key,
    sign,
    thumbprint,
    verify,
)
from rotators.generated.keys.key import Key

_MESSAGE = b"testSecret"
_RSA_BITS, _RSA_EXPONENT = 3072, 65537


@dataclass(frozen=True, slots=True)
class KeyPairs:
    """See Keys: one of the kinds in PAIRS."""

    kind: str

    def check(self, before: Mapping[str, object]) -> None:
        """Nothing: each kind is strong enough."""

    def make(self, before: Mapping[str, object]) -> Key:
        """Unencrypted PKCS #8, as its only keeper is the secret; the id is RFC 7638's."""
        del before
        private = _generate(self.kind)
        jwk = public_jwk(private.public_key())
        kid = thumbprint(jwk)
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        named = {"kid": kid, "alg": algorithm_of(self.kind)}
        return Key(kid, {**named, "private_key": pem}, {**named, "use": "sig", **jwk})

    def flaw(self, signs: Mapping[str, object]) -> str:
        """Its kind, and its size or curve."""
        private = _load(signs)
        return "" if private is not None and _is(private, self.kind) else f"is no {self.kind} key"

    def match(self, signs: Mapping[str, object], verifies: Mapping[str, object]) -> bool:
        """By a signature."""
        private = _load(signs)
        if private is None:
            return False
        try:
            verify(public_key(verifies), sign(private, _MESSAGE), _MESSAGE)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, LookupError, TypeError):
            return False
        return True

    def leak(self, verifies: Mapping[str, object]) -> bool:
        """No: it is public."""
        del verifies
        return False


def _generate(kind: str) -> Private:
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "p-256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)


def _is(private: Private, kind: str) -> bool:
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return kind == "ed25519"
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return kind == "p-256" and isinstance(private.curve, ec.SECP256R1)
    return kind == "rsa-3072" and private.key_size >= _RSA_BITS


def _load(signs: Mapping[str, object]) -> Private | None:
    """None for what is no private key of a kind that is made here."""
    pem = signs.get("private_key")
    try:
        key = serialization.load_pem_private_key(str(pem).encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Private) else None
