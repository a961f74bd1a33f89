"""The wishes in a secret's reserved object `rotation`, read as the variables they stand for."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, NoReturn, Self

from shared.document.fields import Fields
from shared.document.mapping import RESERVED
from shared.errors import MalformedSecret, Misconfigured, RotationError
from shared.passwords import MAX_LENGTH
from shared.settings import Settings

Kind = Literal["flag", "number", "text"]
Wishes = tuple[tuple[str, str], ...]
"""What is asked for, by variable, as the environment would have it: `(("SHORT_GAP", "true"),)`."""

# Members that say which field is which; they are read where the value is loaded.
_OF_FIELDS = ("fields", "urls")
# Whoever deploys answers for these: none is the secret's to say.
FUNCTIONS_OWN = frozenset({
    "ADMIN_SETS_PASSWORD",
    "ALLOW_PRIVATE_ISSUERS",
    "ALLOW_UNENCRYPTED",
    "ISSUER",
    "ISSUER_HOSTS",
    "ISSUER_PROXY",
    "LOG_LEVEL",
    "OLD_CREDENTIAL_IN_USE",
    "SEND_PASSWORD_ITSELF",
    "TLS_CA_BUNDLE",
})  # fmt: skip
_CORRECT = "correct 'rotation' in the secret"


def place_of(variable: str) -> str:
    """Where a secret says the same: `rotation.short_gap`."""
    return f"{RESERVED}.{variable.lower()}"


def read_wishes(document: Mapping[str, object], variables: Mapping[str, Kind]) -> Wishes:
    """What the secret asks for of these variables; raises MalformedSecret with the place."""
    found = []
    for variable, kind in variables.items():
        value = _reserved(document).get(variable.lower())
        if value is not None:
            found.append((variable, _text(place_of(variable), value, kind)))
    return tuple(found)


def asked_length(document: Mapping[str, object]) -> int | None:
    """The length that the secret asks for; None where it asks for none that can be."""
    length = _reserved(document).get("password_length")
    return length if type(length) is int else None


def refuse_unknown(
    document: Mapping[str, object], variables: Collection[str], *, of: str = "the secret"
) -> None:
    """Raise MalformedSecret for a member that is for none of these variables."""
    known = {*_OF_FIELDS, *(variable.lower() for variable in variables)}
    for name in _reserved(document):
        if name in known:
            continue
        is_functions = name.upper() in FUNCTIONS_OWN
        problem = "is for the function to say" if is_functions else "is not one that it may have"
        raise MalformedSecret(
            f"field '{_shown(name)}' of {of} {problem}",
            do=f"{_instead(name, known)}; the secret may say {', '.join(sorted(known))}",
            field=_shown(name),
        )


@contextmanager
def unknown_first(document: Mapping[str, object], variables: Collection[str]) -> Iterator[None]:
    """Tell of a member that nobody reads ahead of what the block fails with: it may be why."""
    try:
        yield
    except RotationError:
        refuse_unknown(document, variables)
        raise


@dataclass(frozen=True, slots=True)
class Asked(Settings):
    """The function's settings, with what a secret asks for instead of them.

    own: those of the function alone.
    names: the variables that the secret asks for.
    """

    own: Settings
    names: Collection[str]

    @classmethod
    def of(cls, own: Settings, wishes: Wishes) -> Self:
        """The two, one over the other."""
        asked = dict(wishes)
        return cls({**own.environment, **asked} if asked else own.environment, own, asked)

    def with_value(self, name: str, value: str) -> Self:
        """The same with another value of the variable; an empty one counts as not set."""
        return replace(self, environment={**self.environment, name: value})

    def keep_off(self, name: str) -> None:
        """Raise MalformedSecret for a flag that the function has switched off, and not just unset.

        Off is the default of these flags.
        """
        is_set = bool(self.own.text(name, default=""))
        if is_set and not self.own.flag(name, default=False) and self._asks(name, on=True):
            self.refuse(
                name,
                f"is forbidden by {name}=false of the function",
                f"take it out, or unset {name} on the function",
            )

    def keep_on(self, name: str, *, default: bool) -> None:
        """Raise MalformedSecret for a flag that the function has on and the secret wants off."""
        if self.own.flag(name, default=default) and self._asks(name, on=False):
            self.refuse(
                name,
                f"may not be false where {name} of the function is true",
                f"take it out, or set {name}=false on the function",
            )

    def refuse(self, name: str, problem: str, do: str) -> NoReturn:
        """Raise MalformedSecret about what stands in the variable's place."""
        place = place_of(name)
        raise MalformedSecret(f"field '{place}' of the secret {problem}", do=do, field=place)

    def at_fault(self, problem: Misconfigured) -> MalformedSecret | Misconfigured:
        """The error as one of the secret, unless the secret asks for nothing."""
        if not self.names:
            return problem
        field = problem.field or ""
        name = field if field in self.names else min(self.names)
        return MalformedSecret(
            f"what the secret asks for in '{RESERVED}' does not go together, or not with the "
            f"function's settings: {problem.what}",
            do=f"{_CORRECT}, whose members have the variables' names in small letters",
            field=place_of(name),
        )

    def _asks(self, name: str, *, on: bool) -> bool:
        return name in self.names and self.flag(name, default=not on) is on

    def refusal(self, name: str, rule: str) -> RotationError:
        """The same; a MalformedSecret with the place where the secret says it."""
        if name not in self.names:
            return self.own.refusal(name, rule)
        place = place_of(name)
        return MalformedSecret(f"field '{place}' of the secret {rule}", do=_CORRECT, field=place)


def _reserved(document: Mapping[str, object]) -> Mapping[str, object]:
    asked = document.get(RESERVED)
    if asked is None:
        return {}
    if not isinstance(asked, Mapping):
        raise MalformedSecret(
            f"field '{RESERVED}' of the secret must be an object", do=_CORRECT, field=RESERVED
        )
    return asked


def _text(place: str, value: object, kind: Kind) -> str:
    fields = Fields({place: value})
    if kind == "flag":
        return str(fields.flag(place, default=False)).lower()
    if kind == "text":
        return fields.text(place)
    if type(value) is not int or value not in range(MAX_LENGTH + 1):  # bool is an int too
        raise MalformedSecret(
            f"field '{place}' of the secret must be a whole number from 0 to {MAX_LENGTH}",
            do=_CORRECT,
            field=place,
        )
    return str(value)


def _instead(name: str, known: Collection[str]) -> str:
    """What to do about a member that is not known: to be meant is likelier than to be too much."""
    if name.upper() in FUNCTIONS_OWN:
        return f"set {name.upper()} on the function, or take it out"
    from difflib import get_close_matches  # noqa: PLC0415 - no start pays for what an error says

    near = get_close_matches(name.lower(), sorted(known), n=1)
    return f"did you mean '{RESERVED}.{near[0]}'? Else take it out" if near else "take it out"


def _shown(name: str) -> str:
    """The member's place; what looks like no name, as a value put there by mistake, is not told."""
    return f"{RESERVED}.{name}" if re.fullmatch(r"[A-Za-z_]{1,40}", name) else RESERVED
