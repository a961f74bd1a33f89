"""Answers as CBOR (RFC 8949): maps, lists, texts and small numbers."""

from collections.abc import Mapping

_UNSIGNED, _TEXT, _LIST, _MAP = 0, 3, 4, 5


def encoded(value: object) -> bytes:
    """One data item; raises TypeError for what answers have not."""
    if isinstance(value, Mapping):
        parts = b"".join(encoded(name) + encoded(each) for name, each in value.items())
        return _head(_MAP, len(value)) + parts
    if isinstance(value, list):
        return _head(_LIST, len(value)) + b"".join(map(encoded, value))
    if isinstance(value, str):
        return _head(_TEXT, len(value.encode())) + value.encode()
    if isinstance(value, int):
        return _head(_UNSIGNED, value)
    raise TypeError(type(value).__name__)


def _head(major: int, length: int) -> bytes:
    """The type, and the length in two bytes."""
    return bytes([major << 5 | 25]) + length.to_bytes(2)
