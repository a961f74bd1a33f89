"""Text with {names} in it; every value is escaped for the place where it comes to stand."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NoReturn

from rotators.http_api_key.description.escapes import ESCAPES, EscapeError, QuoteScanner
from rotators.http_api_key.description.names import UNITS, Name, TemplateError
from rotators.http_api_key.description.times import end, in_units, later, written
from shared.document.encoding import encodable
from shared.errors import MalformedSecret, Misconfigured
from shared.secret import Secret

_PIECES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


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
            return written(later(self.now, name.seconds), name.form)
        if name.root == "kept" and name.field in ("ends", "lifetime"):
            return self._limit(name)
        if name.root in self.confidential:
            return self.confidential[name.root].reveal()
        fields: Mapping[str, Mapping[str, object]]
        fields = {"secret": self.secret, "admin": self.admin, "kept": self.kept}
        return fields[name.root].get(name.field) if name.field else self.plain.get(name.root)

    def _limit(self, name: Name) -> object:
        lifetime = self.kept.get("lifetime")
        if not isinstance(lifetime, int):
            return None
        if name.field == "ends":
            return written(later(end(self.now, lifetime, name.form), name.seconds), name.form)
        return in_units(lifetime, name.form) if name.form in UNITS else lifetime


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
                pieces.append(Name.parse(match[1]))
        pieces.append(text[end:])
        return cls(tuple(_quoted(piece for piece in pieces if piece != "")))

    @property
    def names(self) -> Iterator[Name]:
        """Every name in it."""
        return (piece for piece in self.pieces if isinstance(piece, Name))

    @property
    def whole(self) -> Name | None:
        """The name that is all of it, if it is just one."""
        only = self.pieces[0] if len(self.pieces) == 1 else None
        return only if isinstance(only, Name) else None

    def is_left_out(self, values: Values) -> bool:
        """Whether a name in it has no value that may be missing: then all of it is left out."""
        return any(name.may_be_missing and values.get(name) is None for name in self.names)

    def value(self, values: Values) -> object:
        """The JSON value of the name that is all of it, or the text; None where it is left out.

        Raises MalformedSecret for a name that must have a value.
        """
        if self.is_left_out(values):
            return None
        if self.whole is None:
            return self.text(values)
        value = values.get(self.whole)
        if value is None:
            _refuse(self.whole, values, "is missing")
        return value

    def text(self, values: Values, escape: Callable[[str], str] = str) -> str:
        """The text, each value through `escape`; raises MalformedSecret naming the field."""
        return "".join(
            piece if isinstance(piece, str) else escape(_text(piece, values))
            for piece in self.pieces
        )


def _quoted(pieces: Iterator[str | Name]) -> Iterator[str | Name]:
    """The pieces, with each name of another language's form knowing the quotes it stands in."""
    scanner = QuoteScanner()
    for piece in pieces:
        if isinstance(piece, str):
            scanner.read(piece)
        elif piece.form in ESCAPES:
            allowed, _ = ESCAPES[piece.form]
            if not scanner.open or scanner.open not in allowed:
                raise TemplateError(
                    f"must have {{{piece}|{piece.form}}} in quotes of that language"
                )
            if scanner.nested:
                raise TemplateError(f"has {{{piece}|{piece.form}}} in quotes within other quotes")
            yield replace(piece, quote=scanner.open)
            continue
        yield piece


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
    if name.form not in ESCAPES:
        return text
    try:
        return ESCAPES[name.form][1](text, name.quote)
    except EscapeError as error:
        _refuse(name, values, str(error))


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
