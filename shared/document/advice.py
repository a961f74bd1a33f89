"""What to do about a name of a secret that is missing or wrong, by where the secret has it."""

from collections.abc import Mapping

from shared.document.form import Document, Text, names_of, stored_of, urls_of
from shared.document.mapping import URLS

_WITH_URL = f"store a JSON object, with the URL in a field that '{URLS}' lists"


def place_of(document: Mapping[str, object], name: str) -> tuple[str, str]:
    """The field that a name is in, and what a message calls the place."""
    field = names_of(document).get(name, name)
    return field, f"the {name} in '{field}'" if field in urls_of(document) else f"field '{field}'"


def missing(document: Mapping[str, object], name: str) -> tuple[str, str]:
    """What is wrong where a name is missing, and what to do, ahead of what the secret is called."""
    is_plain = isinstance(stored_of(document), Text)
    if place_of(document, name)[0] in urls_of(document):
        do = f"{_WITH_URL} and a field '{name}'" if is_plain else f"in {_own_field(document, name)}"
        preposition = "as" if is_plain else "in"
        return "is missing, or not a single one", f"give it there, or {do}, {preposition}"
    if is_plain:
        is_url = bool(urls_of(document))
        return "is missing", f"{_WITH_URL}, as" if is_url else "store a JSON object that has it, as"
    return "is missing", "add it to"


def _own_field(document: Mapping[str, object], name: str) -> str:
    """The field for a name beside a URL: one that is mapped and null, or a new one."""
    fields = document.fields if isinstance(document, Document) else {}
    return f"the field '{fields[name]}'" if name in fields else f"a field '{name}'"


def engine_advice(document: Mapping[str, object]) -> str:
    """What to do about an engine that is not known: a URL's scheme may be a driver's own name."""
    field = place_of(document, "engine")[0]
    if field not in urls_of(document):
        return f"correct '{field}'"
    if isinstance(stored_of(document), Text):
        return f"{_WITH_URL} and a field 'engine' that says one of these"
    return f"say one of these in {_own_field(document, 'engine')} beside '{field}'"


def unread_port(document: Mapping[str, object]) -> tuple[str, str]:
    """The same where the first URL has a port that is not read, so that none may be assumed.

    Two empty strings where there is no such port.
    """
    first = next(iter(urls_of(document).values()), None)
    if first is None or not first.has_port or document.get("port") is not None:
        return "", ""
    field, _ = place_of(document, "port")
    field = "port" if field in urls_of(document) else field
    return "is not said: the URL's may be another server's", f"give it in a field '{field}', in"
