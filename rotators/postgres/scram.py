"""SCRAM-SHA-256 as PostgreSQL keeps it; RFC 5802, section 3, and RFC 7677.

Made here, as libpq takes twice as long for each of the 4096 rounds.
"""

import base64
import hashlib
import hmac
import os
import re

from shared.secret import Secret

# What libpq chooses (scram-common.h).
_ROUNDS, _SALT_BYTES = 4096, 16
_VERIFIER = re.compile(r"SCRAM-SHA-256\$(\d+):([\w+/=]+)\$([\w+/=]+):[\w+/=]+")


def verifier(password: Secret) -> str | None:
    """Return a new one; None for a password that SASLprep may change before it is hashed."""
    salt = os.urandom(_SALT_BYTES)
    keys = _keys(password, salt, _ROUNDS)
    if keys is None:
        return None
    salted, stored, server = (base64.b64encode(each).decode() for each in (salt, *keys))
    return f"SCRAM-SHA-256${_ROUNDS}:{salted}${stored}:{server}"


def is_of(text: str, password: Secret) -> bool | None:
    """Whether the verifier is the password's; None where it is none, or SASLprep is to tell."""
    found = _VERIFIER.fullmatch(text)
    if found is None:
        return None
    salt, expected = (base64.b64decode(each) for each in found.groups()[1:])
    keys = _keys(password, salt, int(found[1]))
    return hmac.compare_digest(keys[0], expected) if keys else None


def _keys(password: Secret, salt: bytes, rounds: int) -> tuple[bytes, bytes] | None:
    """StoredKey and ServerKey; None where SASLprep may change the password first."""
    text = password.reveal()
    if not text.isascii():
        return None
    salted = hashlib.pbkdf2_hmac("sha256", text.encode(), salt, rounds)
    client = hmac.digest(salted, b"Client Key", "sha256")
    return hashlib.sha256(client).digest(), hmac.digest(salted, b"Server Key", "sha256")
