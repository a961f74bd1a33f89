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
    if not password.reveal().isascii():
        return None
    salt = os.urandom(_SALT_BYTES)
    stored, server = _keys(password, salt, _ROUNDS)
    salted, *keys = (base64.b64encode(each).decode() for each in (salt, stored, server))
    return f"SCRAM-SHA-256${_ROUNDS}:{salted}${':'.join(keys)}"


def is_of(text: str, password: Secret) -> bool | None:
    """Whether the verifier is the password's; None where it is none, or SASLprep is to tell."""
    found = _VERIFIER.fullmatch(text)
    if found is None or not password.reveal().isascii():
        return None
    salt, expected = (base64.b64decode(each) for each in found.groups()[1:])
    stored, _ = _keys(password, salt, int(found[1]))
    return hmac.compare_digest(stored, expected)


def _keys(password: Secret, salt: bytes, rounds: int) -> tuple[bytes, bytes]:
    """StoredKey and ServerKey."""
    salted = hashlib.pbkdf2_hmac("sha256", password.reveal().encode(), salt, rounds)
    client = hmac.digest(salted, b"Client Key", "sha256")
    return hashlib.sha256(client).digest(), hmac.digest(salted, b"Server Key", "sha256")
