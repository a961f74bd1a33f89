"""Typed reading of rules: each refusal names the member, and quotes nothing that may be a value."""

import json
import re
from collections.abc import Collection, Mapping
from datetime import timedelta

from rotators.generated.rules.rule import (
    ENCODINGS,
    KINDS,
    MIN_BITS,
    PAIRS,
    VARIABLE,
    Keeping,
    Place,
    Rule,
)
from shared.document.form import TEXT_FIELD
from shared.document.mapping import RESERVED
from shared.errors import MalformedSecret, Misconfigured
from shared.passwords import MAX_LENGTH

MAX_BITS = 4096
MAX_KEPT = 20
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_CORRECT = "correct it; docs/generated.md has an example of each"


def read_variable(text: str) -> Mapping[str, Rule]:
    """What the function's GENERATE says, by field; raises Misconfigured."""
    try:
        said = json.loads(text) if text else {}
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Misconfigured(
            f"environment variable {VARIABLE} is no JSON object",
            do='write it as {"<field>": "<kind>"}',
            field=VARIABLE,
        )
    place = Place(in_secret=False)
    return {field: _read_rule(field, value, place.at(field)) for field, value in said.items()}


def read_member(said: object, fields: Collection[str]) -> Mapping[str, Rule]:
    """What `rotation.generate` says of the secret's fields; raises MalformedSecret."""
    place = Place(in_secret=True)
    if not isinstance(said, Mapping) or not said:
        raise place.refusal("must be an object that has a field's name for each rule", _CORRECT)
    if not set(said) <= set(fields) - {RESERVED}:  # what is no field's name may be a value
        raise place.refusal(
            "names a field that the secret does not have",
            "correct the name; for a first value, add the field with null",
        )
    return {field: _read_rule(field, value, place.at(field)) for field, value in said.items()}


def require_fields(rules: Mapping[str, Rule], fields: Collection[str]) -> None:
    """Raise MalformedSecret where the function's rules name a field that is not there."""
    for name in rules:
        if name not in fields:
            raise MalformedSecret(
                f"the secret has no field '{name}', which {VARIABLE} of the function names",
                do=f"add it with null, or say in '{RESERVED}' of the secret which fields to make",
                field=name,
            )


def _read_rule(field: str, said: object, place: Place) -> Rule:
    members = {"kind": said} if isinstance(said, str) else said
    if not isinstance(members, Mapping):
        raise place.refusal("must be a kind, or an object that has one", _CORRECT)
    kind = members.get("kind")
    if kind not in KINDS:
        raise place.refusal(f"must have a kind, one of {', '.join(KINDS)}", _CORRECT)
    size_is = "length" if kind == "text" else "bits"
    known = {"kind", "keyring"} if kind in PAIRS else {"kind", "keyring", size_is}
    if not set(members) <= known:
        raise place.refusal(
            f"has a member that a {kind} does not take", f"keep to {', '.join(sorted(known))}"
        )
    if field == TEXT_FIELD and (kind in PAIRS or members.get("keyring")):
        raise place.refusal(
            "makes more than one value, and a secret that is one plain string holds one",
            "name a field of a JSON object, and store one in the secret",
        )
    size = None if kind in PAIRS else _read_size(members.get(size_is), str(kind), place.at(size_is))
    keeping = _read_keeping(members.get("keyring"), place.at("keyring"))
    return Rule(field, place, str(kind), size, keeping)


def _read_size(said: object, kind: str, place: Place) -> int | None:
    if said is None:
        return None
    if kind in ENCODINGS:
        sizes, words = range(MIN_BITS, MAX_BITS + 1, 8), "a multiple of 8 from"
    else:
        sizes, words = range(1, MAX_LENGTH + 1), "a whole number from"
    if type(said) is not int or said not in sizes:  # bool is an int too
        raise place.refusal(f"must be {words} {sizes[0]} to {sizes[-1]}", _CORRECT)
    return said


def _read_keeping(said: object, place: Place) -> Keeping | None:
    if said is None or said is False:
        return None
    members = {} if said is True else said
    if not isinstance(members, Mapping) or not set(members) <= {"keep", "usage_delay"}:
        raise place.refusal("must be true, or an object with keep and usage_delay", _CORRECT)
    return Keeping(
        _read_keep(members.get("keep", 1), place.at("keep")),
        _read_delay(members.get("usage_delay", "next-rotation"), place.at("usage_delay")),
    )


def _read_keep(said: object, place: Place) -> int | timedelta:
    duration = _duration(said)
    if duration is not None:
        return duration
    if type(said) is not int or said not in range(MAX_KEPT + 1):
        raise place.refusal(f"must be a number from 0 to {MAX_KEPT}, or a time like 7d", _CORRECT)
    return said


def _read_delay(said: object, place: Place) -> timedelta | None:
    duration = _duration(said)
    if duration is None and said not in ("next-rotation", "none"):
        raise place.refusal("must be next-rotation, none, or a time like 12h", _CORRECT)
    return None if said == "none" else duration or timedelta()


def _duration(said: object) -> timedelta | None:
    found = re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", said) if isinstance(said, str) else None
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
