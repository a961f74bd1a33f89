"""Filters, which ListSecrets and BatchGetSecretValue share (user guide, "Find secrets").

name, tag-key, tag-value, primary-region and owning-service match the beginning of an attribute,
case-sensitive; description and all match words. That description does too was verified on AWS
(moto's pull request 8469, LocalStack's test_list_secrets_filtering).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from local.secrets_manager import errors
from local.secrets_manager.secret import Secret

# A word ends where lower case becomes upper case, a letter a digit, or either punctuation.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")
_BY_WORD = frozenset({"description", "all"})


def matches(secret: Secret, filters: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the secret passes every filter; one filter's values are alternatives."""
    return all(_passes(secret, each) for each in filters)


def _passes(secret: Secret, each: Mapping[str, Any]) -> bool:
    key, values = each.get("Key"), each.get("Values")
    if not key:
        raise errors.invalid_parameter("Invalid filter key")
    if not values:
        raise errors.invalid_parameter("Invalid filter values")
    attributes = _ATTRIBUTES[key](secret)
    return any(_matches_value(key, value, attributes) for value in values)


def _matches_value(key: str, value: str, attributes: Sequence[str]) -> bool:
    """A value that begins with ! passes where no attribute matches the rest of it."""
    wanted = not value.startswith("!")
    text = value if wanted else value[1:]
    match = _has_words if key in _BY_WORD else str.startswith
    return any(match(attribute, text) for attribute in attributes) is wanted


def _has_words(attribute: str, text: str) -> bool:
    """Whether each word of the text begins a word of the attribute, whatever its case."""
    words, wanted = _words(attribute), _words(text)
    return bool(wanted) and all(any(w.startswith(want) for w in words) for want in wanted)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _described(secret: Secret) -> list[str]:
    return [secret.description] if secret.description else []


def _all(secret: Secret) -> list[str]:
    tags = secret.tags or {}
    return [secret.name, *_described(secret), *tags, *tags.values()]


_ATTRIBUTES: Mapping[str, Callable[[Secret], Sequence[str]]] = {
    "name": lambda secret: [secret.name],
    "description": _described,
    "tag-key": lambda secret: list(secret.tags or ()),
    "tag-value": lambda secret: list((secret.tags or {}).values()),
    "primary-region": lambda secret: [secret.primary_region] if secret.primary_region else [],
    "owning-service": lambda _secret: [],  # no other service owns a secret here
    "all": _all,
}
