"""`rotation.fields` and `rotation.urls`: what a secret says of its own fields.

A name is quoted only where the secret has such a field: people put values in the wrong place.
"""

import re
from collections.abc import Collection, Mapping
from typing import NoReturn

from shared.errors import MalformedSecret

RESERVED = "rotation"
_FIELDS, URLS = f"{RESERVED}.fields", f"{RESERVED}.urls"


def read_mapping(
    stored: Mapping[str, object], *, of: str
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the field for each name that is mapped, and the text of each field that is a URL.

    Both empty where the secret says nothing of the kind. Raises MalformedSecret with the place.
    """
    reserved = stored.get(RESERVED)
    if reserved is None:
        return {}, {}
    if not isinstance(reserved, dict):
        _refuse(RESERVED, f"of {of} must be a JSON object", of)
    fields = _read_fields(reserved.get("fields"), stored, of)
    urls = _read_urls(reserved.get("urls"), stored, of)
    for name, target in fields.items():
        if target in urls:
            _refuse(_place(name), f"names '{target}', which is a URL by '{URLS}'", of)
    return fields, urls


def require_known(fields: Mapping[str, str], known: Collection[str], *, of: str) -> None:
    """Raise MalformedSecret for a name that the function does not read, such as a misspelt one.

    Also where a field has a name that the function reads and is said to be another.
    """
    for name, target in fields.items():
        if name not in known:
            names = ", ".join(sorted(known))
            _refuse(_place(name), f"is none of the names that this function reads ({names})", of)
        if target in known and target not in fields:
            _refuse(_place(name), f"names '{target}', which this function reads for itself", of)


def _read_fields(said: object, stored: Mapping[str, object], of: str) -> Mapping[str, str]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        _refuse(_FIELDS, f"of {of} must be an object of names", of)
    fields: dict[str, str] = {}
    for name, target in said.items():
        place = _place(name)
        if not isinstance(target, str) or not target:
            _refuse(place, "must be the name of a field", of)
        if RESERVED in (name, target):
            _refuse(place, f"names '{RESERVED}' itself", of)
        if target not in stored:
            _refuse(place, f"names a field that {of} does not have", of)
        if target in fields.values():
            _refuse(place, f"names '{target}', as another name does", of)
        fields[name] = target
    return fields


def _read_urls(said: object, stored: Mapping[str, object], of: str) -> Mapping[str, str]:
    if said is None:
        return {}
    if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
        _refuse(URLS, f"of {of} must be a list of names of fields", of)
    urls: dict[str, str] = {}
    for name in said:
        if name not in stored or name == RESERVED:
            _refuse(URLS, f"names a field that {of} does not have", of)
        if name in urls:
            _refuse(URLS, f"names '{name}' twice", of)
        text = stored[name]
        if not isinstance(text, str) or not text:
            raise MalformedSecret(
                f"field '{name}' of {of} must be a connection URL, as '{URLS}' says",
                do=f"correct it in {of}",
                field=name,
            )
        urls[name] = text
    return urls


def _place(name: str) -> str:
    """Where a name is mapped; what may be a value and no name misspelt is not repeated."""
    return f"{_FIELDS}.{name}" if re.fullmatch(r"[a-z_]{1,20}", name) else _FIELDS


def _refuse(place: str, problem: str, of: str) -> NoReturn:
    raise MalformedSecret(f"'{place}' {problem}", do=f"correct it in {of}", field=place)
