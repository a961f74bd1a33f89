"""Every fault of a secret that can be told, where the functions tell the first."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from rotctl.offline.suite import Function
from rotctl.offline.trial import ADMIN_ARN
from shared.document.form import Document, Text, names_of, read_form, urls_of
from shared.document.mapping import RESERVED
from shared.errors import RotationError

Check = Callable[[Mapping[str, object]], None]
# What is right in each field of a database's secret; None where it may be absent.
_RIGHT: Mapping[str, str | None] = {
    "engine": None,
    "host": "localhost",
    "port": None,
    "username": "user",
    "password": "any",
    "dbname": None,
    "ssl": None,
    "tls_host": None,
    "masterarn": ADMIN_ARN,
}
_OF_FIELDS = ("fields", "urls")


def faults(document: Mapping[str, object], check: Check, function: Function) -> list[RotationError]:
    """The first one, and those that are found with it put right, one after the other.

    Only what another fault cannot be the cause of: where something right cannot be made up, or
    more than one field says the same, the first is all.
    """
    found: list[RotationError] = []
    mended: set[str] = set()
    while (fault := _fault(document, check)) is not None:
        field = fault.field or ""
        follows = bool(mended) and not _stands_alone(document, field, function)
        if field in mended or follows:
            break
        found.append(fault)
        mended.add(field)
        right = _mended(document, field, function)
        if right is None:
            break
        document = right
    return found


def _fault(document: Mapping[str, object], check: Check) -> RotationError | None:
    try:
        check(document)
    except RotationError as error:
        return error
    return None


def _stands_alone(document: Mapping[str, object], field: str, function: Function) -> bool:
    """Whether this fault is one also if a field that was wrong before is put right otherwise.

    A key's description compares fields with each other, so of its fields only a missing one is.
    """
    return not function.takes_keys or _is_wish(field) or document.get(field) is None


def _mended(
    document: Mapping[str, object], field: str, function: Function
) -> Mapping[str, object] | None:
    """The document with something right in the field; None where there is no telling what."""
    if urls_of(document) or isinstance(document, Text):
        return None
    stored: MutableMapping[str, Any] = dict(_stored(document))
    if _is_wish(field):
        name = field.partition(".")[2]
        wishes = {key: value for key, value in stored[RESERVED].items() if key != name}
        if not _parses(document, function) or len(wishes) == len(stored[RESERVED]):
            return None  # a member may be misspelt, and so why another field is missing
        return _read({**stored, RESERVED: wishes})
    name = next((n for n, own in names_of(document).items() if own == field), field)
    if function.takes_keys:
        # A place in a description has dots.
        is_field = field not in ("", "issuer") and "." not in field
        is_missing = is_field and document.get(field) is None
        return _read({**stored, field: _made_up(field)}) if is_missing else None
    return _read({**stored, field: _RIGHT[name]}) if name in _RIGHT else None


def _made_up(field: str) -> str:
    """A value for a field of a key's secret, by what such fields are called."""
    if "arn" in field:
        return ADMIN_ARN
    return "https://localhost" if "url" in field else "any"


def _is_wish(field: str) -> bool:
    reserved, _, member = field.partition(".")
    return reserved == RESERVED and bool(member) and member.partition(".")[0] not in _OF_FIELDS


def _parses(document: Mapping[str, object], function: Function) -> bool:
    return _fault(document, lambda each: function.backend.parse(each) and None) is None


def _stored(document: Mapping[str, object]) -> Mapping[str, object]:
    return document.stored if isinstance(document, Document) else document


def _read(stored: dict[str, object]) -> Mapping[str, object] | None:
    try:
        return read_form(stored, of="the secret")
    except RotationError:
        return None


def in_words(fault: RotationError) -> Iterator[str]:
    """What is wrong, and what to do; without the ARN that stood in for the admin's secret."""
    for text in (fault.what, fault.do):
        yield text.replace(f" {ADMIN_ARN}", "")
