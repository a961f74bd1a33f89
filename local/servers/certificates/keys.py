"""The kinds of key that a certificate may have, and how each signs; weak ones too."""

from typing import Literal, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

KeyKind = Literal["ec", "ed25519", "ed448", "rsa-1024", "rsa-2048"]
Digest = Literal["sha1", "sha256"]
Key: TypeAlias = (
    ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | rsa.RSAPrivateKey
)

# RFC 8017, A.2.4: with SHA-256, and with SHA-1, which `cryptography` signs no certificate by.
_BY_SHA256 = bytes.fromhex("06092a864886f70d01010b")
_BY_SHA1 = bytes.fromhex("06092a864886f70d010105")


def make_key(kind: KeyKind) -> Key:
    """A new private key."""
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ed448":
        return ed448.Ed448PrivateKey.generate()
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa-")))


def sign(builder: x509.CertificateBuilder, key: Key, digest: Digest) -> bytes:
    """The certificate as PEM; with Ed25519 and Ed448 the digest is their own."""
    own = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    made = builder.sign(key, None if own else hashes.SHA256())
    if digest == "sha1":
        made = _signed_by_sha1(made, key)
    return made.public_bytes(serialization.Encoding.PEM)


def pem(key: Key) -> bytes:
    """The private key, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _signed_by_sha1(made: x509.Certificate, key: Key) -> x509.Certificate:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("only an RSA key signs by SHA-1 here")
    body = made.tbs_certificate_bytes.replace(_BY_SHA256, _BY_SHA1)
    signature = key.sign(body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - weak on purpose
    whole = made.public_bytes(serialization.Encoding.DER).replace(_BY_SHA256, _BY_SHA1)
    return x509.load_der_x509_certificate(whole.replace(made.signature, signature))
