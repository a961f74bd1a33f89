"""What MariaDB's plugins keep of a password; made here, as its logs have statements as they come.

Source: MariaDB documentation, "Authentication Plugin - mysql_native_password", "- ed25519" and
"- PARSEC"; plugin/auth_ed25519 and plugin/auth_parsec of the server.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from typing import NamedTuple

from rotators.mysql.plugins.curve import public_key
from shared.secret import Secret

NATIVE = "mysql_native_password"
# After its refusal MariaDB 11.8 reads no other entry, so an account has one of it, the last.
PARSEC = "parsec"
# PARSEC's hash: P, the iterations as a power of two beyond 1024, the salt, the public key.
_PARSEC_HASH = re.compile(r"P(\d):([A-Za-z0-9+/]{24}):([A-Za-z0-9+/]{43})")
_SALT_BYTES = 18


def native_password_hash(password: Secret) -> str:
    """Return what mysql_native_password stores: `*` and hex(SHA1(SHA1(password))), upper case."""
    # The server's format, not a choice: what is hashed is long and random.
    once = hashlib.sha1(password.reveal().encode()).digest()  # noqa: S324 - MySQL's own hash
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324 - the same


def parsec_seed(password: bytes, salt: bytes, exponent: int) -> bytes:
    """Return the seed of PARSEC's key pair."""
    return hashlib.pbkdf2_hmac("sha512", password, salt, 1024 << exponent, 32)


def _ed25519(password: Secret) -> str:
    return _base64(public_key(password.reveal().encode()))


def _parsec(password: Secret, salt: bytes | None = None, exponent: int = 0) -> str:
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    key = public_key(parsec_seed(password.reveal().encode(), salt, exponent))
    return f"P{exponent}:{_base64(salt)}:{_base64(key)}"


def _parsec_matches(password: Secret, stored: str) -> bool:
    found = _PARSEC_HASH.fullmatch(stored)
    if found is None:
        return False
    return _same(_parsec(password, base64.b64decode(found[2]), int(found[1])), stored)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


class StoredPassword(NamedTuple):
    """How one plugin keeps a password.

    make: what it stores of one; matches: whether what is stored is of this one.
    """

    make: Callable[[Secret], str]
    matches: Callable[[Secret, str], bool]


# By the plugin's name in `IDENTIFIED VIA`.
STORED: dict[str, StoredPassword] = {
    NATIVE: StoredPassword(
        native_password_hash, lambda password, stored: _same(native_password_hash(password), stored)
    ),
    "ed25519": StoredPassword(_ed25519, lambda password, stored: _same(_ed25519(password), stored)),
    PARSEC: StoredPassword(_parsec, _parsec_matches),
}
