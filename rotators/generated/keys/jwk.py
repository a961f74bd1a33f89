"""Public keys as JSON Web Keys, and signatures by them.

Sources: RFC 7517 and 7518 (JWK and its algorithms), RFC 8037 (Ed25519), RFC 7638 (thumbprints).
"""

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from rotators.generated.keys.encoded import encode

Private = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Public = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_ALGORITHMS = {"ed25519": "EdDSA", "p-256": "ES256", "rsa-3072": "RS256"}
_P256_BYTES = 32


def algorithm_of(kind: str) -> str:
    """What a signer uses such a key for: `alg` of a JWK and of a token's header."""
    return _ALGORITHMS[kind]


def public_jwk(public: Public) -> dict[str, str]:
    """The members that RFC 7638 calls required, and no others."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": _text(public.public_bytes_raw())}
    if isinstance(public, ec.EllipticCurvePublicKey):
        point = public.public_numbers()
        x, y = _number(point.x, _P256_BYTES), _number(point.y, _P256_BYTES)
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    numbers = public.public_numbers()
    return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}


def public_key(jwk: Mapping[str, object]) -> Public:
    """The inverse, as a consumer reads it; raises ValueError, LookupError."""
    if jwk["kty"] == "OKP":
        return ed25519.Ed25519PublicKey.from_public_bytes(_bytes(jwk["x"]))
    if jwk["kty"] == "EC":
        x, y = _integer(jwk["x"]), _integer(jwk["y"])
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    return rsa.RSAPublicNumbers(_integer(jwk["e"]), _integer(jwk["n"])).public_key()


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Of the required members only."""
    text = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
    return encode(hashlib.sha256(text.encode()).digest(), "base64url")


def sign(private: Private, message: bytes) -> bytes:
    """As its algorithm says."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(message)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(message, ec.ECDSA(hashes.SHA256()))
    return private.sign(message, padding.PKCS1v15(), hashes.SHA256())


def verify(public: Public, signature: bytes, message: bytes) -> None:
    """Raises InvalidSignature."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        public.verify(signature, message)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    else:
        public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


def _number(value: int, size: int = 0) -> str:
    return _text(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def _integer(text: object) -> int:
    return int.from_bytes(_bytes(text), "big")


def _text(value: bytes) -> str:
    return encode(value, "base64url")


def _bytes(text: object) -> bytes:
    padded = str(text) + "=" * (-len(str(text)) % 4)
    return base64.b64decode(padded, b"-_", validate=True)
