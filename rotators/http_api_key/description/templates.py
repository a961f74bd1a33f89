"""Text with {names} in it; every value is escaped for the place where it comes to stand."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from shared.errors import MalformedSecret, Misconfigured
from shared.fields import encodable
from shared.secret import Secret

_PIECES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_FIELD = re.compile(r"(secret|admin|kept)\.([A-Za-z0-9_-]+)(\?)?")
_TIME = re.compile(r"(now|kept\.ends)(?:\+([1-9][0-9]{0,3})([smhd]))?(?:\|(iso|date|unix|ms))?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# What a name may be without a field; `key` and `old` are key values, `slot` one of `slots`.
PLAIN = frozenset({"id", "key", "old", "slot", "label", "version", "arn", "tag", "token"})
# A value of these must not come to stand in a URL, which servers and proxies log.
CONFIDENTIAL = frozenset({"key", "old", "token", "admin"})


class TemplateError(ValueError):
    """Why a text is no template."""


@dataclass(frozen=True, slots=True)
class Name:
    """One {name}: its root such as `secret` or `now`, and what follows it.

    seconds, form: of a time, what is added to it and how it is written.
    """

    root: str
    field: str = ""
    optional: bool = False
    seconds: int = 0
    form: str = ""

    def __str__(self) -> str:
        return f"{self.root}.{self.field}" if self.field else self.root


@dataclass(frozen=True, slots=True)
class Values:
    """What the names of one request stand for; a name that is not here has no value.

    fields: which field of the secret a name is, where they differ.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, object] = field(default_factory=dict, repr=False)
    admin: Mapping[str, object] = field(default_factory=dict, repr=False)
    kept: Mapping[str, object] = field(default_factory=dict)
    plain: Mapping[str, str] = field(default_factory=dict)
    confidential: Mapping[str, Secret] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def field_of(self, name: Name) -> str:
        """The field of the secret, or of the admin's, that a name stands for."""
        member = name.field or name.root
        return member if name.root == "admin" else self.fields.get(member, member)

    def get(self, name: Name) -> object:
        """The value, or None."""
        if name.root == "now":
            return _time(self.now, name)
        if name.root == "kept" and name.field == "ends":
            lifetime = self.kept.get("lifetime")
            ends = _later(self.now, lifetime) if isinstance(lifetime, int) else None
            return _time(ends, name) if ends else None
        if name.root in self.confidential:
            return self.confidential[name.root].reveal()
        fields: Mapping[str, Mapping[str, object]]
        fields = {"secret": self.secret, "admin": self.admin, "kept": self.kept}
        return fields[name.root].get(name.field) if name.field else self.plain.get(name.root)


@dataclass(frozen=True, slots=True)
class Template:
    """A text in pieces: what stands for itself, and names."""

    pieces: tuple[str | Name, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Raises TemplateError; `{{` and `}}` are braces."""
        pieces: list[str | Name] = []
        end = 0
        for match in _PIECES.finditer(text):
            pieces.append(text[end : match.start()])
            end = match.end()
            if match[0] in ("{{", "}}"):
                pieces.append(match[0][0])
            elif match[1] is None:
                raise TemplateError("has a brace that is not one of a pair; a brace itself is {{")
            else:
                pieces.append(_name(match[1]))
        pieces.append(text[end:])
        return cls(tuple(piece for piece in pieces if piece != ""))

    @property
    def names(self) -> Iterator[Name]:
        """Every name in it."""
        return (piece for piece in self.pieces if isinstance(piece, Name))

    @property
    def whole(self) -> Name | None:
        """The name that is all of it, if it is just one."""
        only = self.pieces[0] if len(self.pieces) == 1 else None
        return only if isinstance(only, Name) else None

    def value(self, values: Values) -> object:
        """The JSON value of the name that is all of it, or the text; None where it has no value.

        Raises MalformedSecret for a name that must have one.
        """
        if self.whole is None:
            return self.text(values)
        value = values.get(self.whole)
        if value is None and not _may_be_missing(self.whole):
            _refuse(self.whole, values, "is missing")
        return value

    def text(self, values: Values, escape: Callable[[str], str] = str) -> str:
        """The text, each value through `escape`; raises MalformedSecret naming the field."""
        return "".join(
            piece if isinstance(piece, str) else escape(_text(piece, values))
            for piece in self.pieces
        )


def _name(text: str) -> Name:
    if match := _TIME.fullmatch(text):
        seconds = int(match[2]) * _SECONDS[match[3]] if match[2] else 0
        root, _, which = match[1].partition(".")
        return Name(root, which, seconds=seconds, form=match[4] or "iso")
    if match := _FIELD.fullmatch(text):
        return Name(match[1], match[2], optional=bool(match[3]))
    if text in PLAIN:
        return Name(text)
    raise TemplateError("has a name in braces that there is not")


def _later(moment: datetime, seconds: int) -> datetime:
    """So many seconds later; of what never ends, as some issuers write it, the last year's end."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def _time(moment: datetime, name: Name) -> str | int:
    moment = _later(moment, name.seconds)
    match name.form:
        case "date":
            return moment.date().isoformat()
        case "unix":
            return int(moment.timestamp())
        case "ms":
            return int(moment.timestamp() * 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _may_be_missing(name: Name) -> bool:
    return name.optional or name.root == "kept"


def _text(name: Name, values: Values) -> str:
    value = values.get(name)
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int) or value == "":
        _refuse(
            name,
            values,
            "is missing" if value in (None, "") else "must be a string or a whole number",
        )
    if not encodable(text := str(value)):
        _refuse(name, values, "has characters that are none")
    return text


def _refuse(name: Name, values: Values, problem: str) -> NoReturn:
    if name.root in ("secret", "admin"):
        of = "the secret" if name.root == "secret" else "the admin's secret"
        raise MalformedSecret(
            f"field '{values.field_of(name)}' of {of} {problem}",
            do=f"correct it in {of}",
            field=values.field_of(name),
        )
    raise Misconfigured(
        f"{{{name}}} in the issuer's description {problem} here",
        do="correct the description",
        field="issuer",
    )
