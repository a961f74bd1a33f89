"""Secrets as people have them when they attach the function, made without the function's code."""

import base64
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from local.targets import Document

WEBHOOK: Mapping[str, object] = {"kind": "hex", "bits": 256}
SHARED_KEYRING: Mapping[str, object] = {"kind": "hex", "keyring": True}
KEYRING: Mapping[str, object] = {"kind": "ed25519", "keyring": {"keep": 1}}


def document(field: str, rule: Mapping[str, object]) -> Document:
    """One of these, with another field that nobody may touch."""
    return {
        "STRIPE_KEY": "the-other-service-gave-it",
        field: _ring(rule) if "keyring" in rule else secrets.token_hex(32),
        "rotation": {"generate": {field: dict(rule)}},
    }


def _ring(rule: Mapping[str, object]) -> Document:
    make = _pair if rule["kind"] == "ed25519" else _shared
    (active, first), (coming, second) = make("first"), make("second")
    return {
        "active": active,
        "next": coming,
        "accepted": [second, first],
        "changed": (datetime.now(UTC) - timedelta(days=30)).isoformat(),
        "since": {},
    }


def _shared(kid: str) -> tuple[Document, Document]:
    both: Document = {"kid": kid, "key": secrets.token_hex(32)}
    return both, both


def _pair(kid: str) -> tuple[Document, Document]:
    private = ed25519.Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    x = base64.urlsafe_b64encode(private.public_key().public_bytes_raw()).decode().rstrip("=")
    named: Document = {"kid": kid, "alg": "EdDSA"}
    return {**named, "private_key": pem}, {**named, "kty": "OKP", "crv": "Ed25519", "x": x}
