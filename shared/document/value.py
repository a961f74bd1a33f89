"""The text of a secret's value: loaded with every number exact, and written in the fewest bytes."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

from shared.document.encoding import encodable
from shared.document.form import TEXT_FIELD, Text, read_form, stored_of
from shared.errors import MalformedSecret


def load_value(text: str, *, of: str = "the secret") -> dict[str, object]:
    """A JSON object as `load_document` reads it; a text that is none, as a plain string."""
    document, _ = _load(text)
    if document is None and not text.lstrip().startswith("{"):
        return Text({TEXT_FIELD: text})
    return load_document(text, of=of)


def load_document(text: str, *, of: str = "the secret") -> dict[str, object]:
    """A JSON object, every number exact, by the names that functions read; see `read_form`.

    Raises MalformedSecret without any of the text.
    """
    document, problem = _load(text)
    if document is None:
        raise MalformedSecret(
            f"the value of {of} {problem}",
            do="store a JSON object as SecretString",
            field=TEXT_FIELD,
        )
    return read_form(document, of=of)


def _load(text: str) -> tuple[dict[str, object] | None, str]:
    # Returns instead of raising: JSONDecodeError keeps the document, and an exception raised
    # while it is handled would keep it as its context.
    try:
        value = json.loads(text, parse_float=_exact, parse_constant=_no_constant)
    except _Unkept as unkept:
        return None, str(unkept)
    except (ValueError, ArithmeticError, RecursionError):
        return None, "is not JSON"
    if not isinstance(value, dict):
        return None, "is JSON, but not an object"
    return value, ""


class _Unkept(ValueError):
    """A number that Python would give back with another meaning."""


def _exact(text: str) -> float:
    number = float(text)
    if Decimal(repr(number)) != Decimal(text):
        raise _Unkept("has a number that cannot be kept exactly")
    return number


def _no_constant(_name: str) -> NoReturn:
    raise _Unkept("has NaN or Infinity, which are not JSON")


def dump_document(document: Mapping[str, object]) -> str:
    """JSON in the fewest bytes that mean the same; a value may hold 65,536 (fact 17).

    A plain string is stored as it is.
    """
    stored = stored_of(document)
    if isinstance(stored, Text):
        return str(stored[TEXT_FIELD])
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    # An unpaired surrogate, legal in JSON, has no UTF-8 form but its escape.
    return text if encodable(text) else json.dumps(stored, separators=(",", ":"))
