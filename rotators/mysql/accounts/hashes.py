"""Checks a password against the hash that MySQL keeps, to leave accounts of other people alone.

Source: MySQL's mysys/crypt_genhash_impl.cc and sql/auth/sha2_password.cc; the SHA-256 one is
Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512", with a salt of 20 characters.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator

from rotators.mysql.plugins.stored import native_password_hash
from shared.secret import Secret

_ALPHABET = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# caching_sha2_password counts its rounds in thousands, in hexadecimal; sha256_password has 5000.
_CACHING = re.compile(r"\$A\$([0-9A-F]{3})\$(.{20})(.{43})", re.DOTALL)
_PLAIN = re.compile(r"\$5\$(.{20})\$(.{43})", re.DOTALL)
_PLAIN_ROUNDS = 5000


def password_matches(password: Secret, stored_hash: str) -> bool:
    """Whether the hash is this password's; False also for a hash of another kind."""
    clear = password.reveal().encode()
    if found := _CACHING.fullmatch(stored_hash):
        rounds, salt, digest = int(found[1], 16) * 1000, found[2], found[3]
    elif found := _PLAIN.fullmatch(stored_hash):
        rounds, salt, digest = _PLAIN_ROUNDS, found[1], found[2]
    else:
        return hmac.compare_digest(native_password_hash(password).encode(), stored_hash.encode())
    return hmac.compare_digest(_sha256_crypt(clear, salt.encode(), rounds), digest.encode())


def _sha256_crypt(password: bytes, salt: bytes, rounds: int) -> bytes:
    """Return crypt's digest in base 64; `p` and `s` are Drepper's sequences P and S."""
    second = hashlib.sha256(password + salt + password).digest()
    first = hashlib.sha256(password + salt + _repeated(second, len(password)))
    bits = len(password)
    while bits:
        first.update(second if bits & 1 else password)
        bits >>= 1
    digest = first.digest()
    p = _repeated(hashlib.sha256(password * len(password)).digest(), len(password))
    s = _repeated(hashlib.sha256(salt * (16 + digest[0])).digest(), len(salt))
    for i in range(rounds):
        parts = (p if i & 1 else digest, s * bool(i % 3), p * bool(i % 7), digest if i & 1 else p)
        digest = hashlib.sha256(b"".join(parts)).digest()
    return bytes(_encoded(digest))


def _repeated(digest: bytes, length: int) -> bytes:
    return (digest * (length // len(digest) + 1))[:length]


def _encoded(digest: bytes) -> Iterator[int]:
    """Yield base 64 of the digest's bytes in crypt's order, the lowest six bits first."""
    a, b, c = 0, 10, 20
    for _ in range(10):
        yield from _letters(digest[a] << 16 | digest[b] << 8 | digest[c], 4)
        a, b, c = c + 1, a + 1, b + 1
    yield from _letters(digest[31] << 8 | digest[30], 3)


def _letters(value: int, count: int) -> Iterator[int]:
    for _ in range(count):
        yield _ALPHABET[value & 63]
        value >>= 6
