"""Holding a key against the part of its value that an issuer shows of one."""

import re

from shared.document.encoding import encodable
from shared.secret import Secret

_MASK = re.compile(r"[*…•]+|\.{2,}|[xX]{2,}")
_LEAST = 4  # characters: fewer are some other key's as well


def is_of(shown: object, key: Secret) -> bool | None:
    """Whether what is shown is of this key; None where that is too little to tell.

    Without a mask it is the key's end, or all of it; with one, what is before its first and
    after its last run of `*`, `…`, `•`, or of two or more `.` or `x`.
    """
    if not isinstance(shown, str) or not encodable(shown):
        return None
    parts = _MASK.split(shown)
    begin, end = (parts[0], parts[-1]) if len(parts) > 1 else ("", shown)
    # What looks like a mask may be a part of the key.
    if Secret(shown) == key or (len(shown) >= _LEAST and has_ends(key, "", shown)):
        return True
    return has_ends(key, begin, end) if len(begin) + len(end) >= _LEAST else None


def has_ends(key: Secret, begin: str, end: str = "") -> bool:
    """Whether a key begins and ends so."""
    value = key.reveal()
    return len(value) >= len(begin) + len(end) and value.startswith(begin) and value.endswith(end)
