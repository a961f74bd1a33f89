"""What a file is taken for, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rotctl.offline.suite import Function


class What(StrEnum):
    """What a file may be."""

    SECRET = "secret"  # noqa: S105 a word
    ADMIN = "admin's secret"
    DESCRIPTION = "issuer's description"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file is, of which kind (a folder of `rotators`), and how that is known.

    kind: empty for a description, and for what is the same of all databases.
    """

    what: What
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the person says of the files, and how; empty and None where nothing is said."""

    kind: str = ""
    what: What | None = None
    how: str = ""


# Fields of an issuer's admin's secret that no rotated secret has without `issuer`.
_OF_ADMINS = ("issuer_url", "inline", "allow", "reset")
_OF_ACCESS_KEYS = {"access_key_id", "secret_access_key"}
_AS_RDS_MAKES_IT = {"username", "password"}


def taken(document: Mapping[str, object], said: Said, known: Sequence[Function]) -> Taken | None:
    """What it is by what the person says, else by its fields; None if neither tells."""
    ways = (_by_rules, _by_access_key, _by_keys, _by_database)
    guess = next((found for way in ways if (found := way(document, known))), None)
    if said.kind and guess is not None and guess.kind not in ("", said.kind):
        guess = None
    what = said.what or (guess.what if guess else What.SECRET)
    kind = said.kind or (guess.kind if guess else "")
    if not kind and guess is None and what is not What.DESCRIPTION:
        return None
    return Taken(what, kind, said.how or (guess.why if guess else ""))


def _by_rules(document: Mapping[str, object], known: Sequence[Function]) -> Taken | None:
    kind = next((each.kind for each in known if each.makes_values), "")
    rotation = document.get("rotation")
    if kind and isinstance(rotation, Mapping) and "generate" in rotation:
        return Taken(What.SECRET, kind, "its 'rotation' has 'generate'")
    return None


def _by_access_key(document: Mapping[str, object], known: Sequence[Function]) -> Taken | None:
    kind = next((each.kind for each in known if each.takes_access_keys), "")
    if kind and document.keys() >= _OF_ACCESS_KEYS:
        return Taken(What.SECRET, kind, "it has an access key's id and the key")
    return None


def _by_keys(document: Mapping[str, object], known: Sequence[Function]) -> Taken | None:
    kind = _kind_of_keys(known)
    if not kind:
        return None
    if "issuer" in document:
        return Taken(What.SECRET, kind, "it has 'issuer'")
    if {"base", "probe"} <= document.keys():
        return Taken(What.DESCRIPTION, "", "it has 'base' and 'probe'")
    if "use" in document:
        return Taken(What.DESCRIPTION, "", "it has 'use' and no 'issuer'")
    marks = [name for name in _OF_ADMINS if name in document]
    return Taken(What.ADMIN, kind, f"it has '{marks[0]}' and no 'issuer'") if marks else None


def _by_database(document: Mapping[str, object], known: Sequence[Function]) -> Taken | None:
    engines = {each.kind: each.engine for each in known if each.engine is not None}
    said, port = document.get("engine"), str(document.get("port"))
    for kind, engine in engines.items():
        if isinstance(said, str) and said in engine.secret_engines:
            return Taken(What.SECRET, kind, f"its engine is '{said}'")
    if said is not None:
        return None
    if engines and document.keys() == _AS_RDS_MAKES_IT:
        why = "it has a username and a password only, as RDS makes it"
        return Taken(What.ADMIN, "", why)
    for kind, engine in engines.items():
        if port == str(engine.default_port):
            return Taken(What.SECRET, kind, f"its port is {port}")
    return None


def _kind_of_keys(known: Sequence[Function]) -> str:
    """The kind that rotates API keys; empty if none is known."""
    return next((each.kind for each in known if each.takes_keys), "")
