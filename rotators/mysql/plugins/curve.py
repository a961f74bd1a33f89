"""Public keys and signatures of Ed25519 from a password, as MariaDB's plugins make them.

Source: RFC 8032, sections 5.1.5 and 5.1.6, with the curve's points in extended coordinates. Not in
constant time, which nobody could measure: it is done once a login, on a machine of its own.
"""

import hashlib
from typing import TypeAlias

Point: TypeAlias = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z

_PRIME = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME
_BASE_Y = 4 * pow(5, -1, _PRIME) % _PRIME
_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _PRIME)
_NEUTRAL: Point = (0, 1, 1, 0)


def public_key(seed: bytes) -> bytes:
    """Return the 32 bytes of the key that belongs to this seed, which may have any length."""
    scalar, _ = _expanded(seed)
    return _encoded(_times_base(scalar))


def signature(seed: bytes, message: bytes) -> bytes:
    """Return the 64 bytes that prove to who has the public key that the seed is known."""
    scalar, prefix = _expanded(seed)
    nonce = _number(hashlib.sha512(prefix + message)) % _ORDER
    commitment = _encoded(_times_base(nonce))
    key = _encoded(_times_base(scalar))
    challenge = _number(hashlib.sha512(commitment + key + message)) % _ORDER
    return commitment + ((nonce + challenge * scalar) % _ORDER).to_bytes(32, "little")


def _expanded(seed: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little")
    return scalar & ~7 & (1 << 255) - 1 & ~(1 << 255) | 1 << 254, digest[32:]


def _number(digest: "hashlib._Hash") -> int:
    return int.from_bytes(digest.digest(), "little")


def _times_base(scalar: int) -> Point:
    total, point = _NEUTRAL, _BASE
    while scalar:
        if scalar & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        scalar >>= 1
    return total


def _sum(left: Point, right: Point) -> Point:
    a = (left[1] - left[0]) * (right[1] - right[0]) % _PRIME
    b = (left[1] + left[0]) * (right[1] + right[0]) % _PRIME
    c = 2 * left[3] * right[3] * _D % _PRIME
    d = 2 * left[2] * right[2] % _PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _PRIME, g * h % _PRIME, f * g % _PRIME, e * h % _PRIME


def _encoded(point: Point) -> bytes:
    inverse = pow(point[2], -1, _PRIME)
    x, y = point[0] * inverse % _PRIME, point[1] * inverse % _PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")
