"""What finds a value in an answer: JMESPath expressions, which are checked as they are read."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_SHOWN = 100  # characters of an expression that a message has at most
# JMESPath's functions that take a reference to an expression, written `&a`.
_TAKE_REFERENCES = ("map", "max_by", "min_by", "sort_by")


class ExpressionError(ValueError):
    """Why a text is no expression."""


class _Functions(functions.Functions):  # type: ignore[misc] # the library has no types
    """JMESPath's own, and two more; a value that one cannot read finds nothing."""

    @functions.signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_base64_decode(self, text: str) -> str:
        # Both alphabets, with or without padding: issuers write all four.
        padded = text.translate({ord("-"): "+", ord("_"): "/"}) + "=" * (-len(text) % 4)
        return base64.b64decode(padded, validate=True).decode()

    @functions.signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_parse_json(self, text: str) -> object:
        document: object = json.loads(text)
        return document


_FUNCTIONS = _Functions()
_OPTIONS = jmespath.Options(custom_functions=_FUNCTIONS)


@dataclass(frozen=True, slots=True)
class Expression:
    """A JMESPath expression, compiled.

    place: where it stands in the description; text: itself.
    """

    compiled: Any
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place} (`{_shown(self.text)}`)"

    def search(self, document: object, _headers: Mapping[str, str] = _NO_HEADERS, /) -> Any:  # noqa: ANN401 - any JSON
        """What it finds in an answer's JSON; None for nothing, or where it does not apply."""
        try:
            return self.compiled.search(document, options=_OPTIONS)
        except (JMESPathError, TypeError, ValueError, ArithmeticError, RecursionError):
            return None

    def holds(self, document: object) -> bool:
        """Whether it finds what JMESPath calls true."""
        found = self.search(document)
        return not (found is None or found is False or found in ("", [], {}))  # 0 is true


@dataclass(frozen=True, slots=True)
class Header:
    """A header of an answer, by its name in small letters; place: as of an Expression."""

    name: str
    place: str

    def __str__(self) -> str:
        return f"{self.place} (the header {self.name})"

    def search(self, _document: object, headers: Mapping[str, str] = _NO_HEADERS, /) -> str | None:
        """The header's value, in headers by their names in small letters; None without one."""
        return headers.get(self.name)


Found = Expression | Header
"""What finds one value in an answer: `search(document, headers)`."""


def compile_expression(text: str, place: str) -> Expression:
    """Raises ExpressionError for what could never be evaluated."""
    try:
        compiled = jmespath.compile(text)
    except (ValueError, RecursionError):  # its own errors, and a number without end
        compiled = None
    if compiled is None or _finds_references(compiled.parsed):
        raise ExpressionError("is not a JMESPath expression")
    problem = _wrong_call(compiled.parsed)
    if problem:
        raise ExpressionError(f"is `{_shown(text)}`, which {problem}")
    return Expression(compiled, place, text)


def _shown(text: str) -> str:
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _wrong_call(node: Any) -> str:  # noqa: ANN401 - a part of JMESPath's tree
    """What is wrong with a call of a function in it; empty for nothing."""
    if not isinstance(node, dict):  # a bound of a slice
        return ""
    if node["type"] == "function_expression":
        known = _FUNCTIONS.FUNCTION_TABLE.get(node["value"])
        if known is None:
            return f"calls the function {_shown(node['value'])}, and there is none"
        signature, given = known["signature"], len(node["children"])
        open_ended = signature[-1].get("variadic", False)
        if given < len(signature) or (given > len(signature) and not open_ended):
            return f"calls {node['value']} with {given} arguments, and it takes {len(signature)}"
    return next(filter(None, map(_wrong_call, node["children"])), "")


def _finds_references(node: Any) -> bool:  # noqa: ANN401 - a part of JMESPath's tree
    """Whether the expression may find such a reference itself, which is no JSON."""
    if not isinstance(node, dict):  # a bound of a slice
        return False
    if node["type"] == "function_expression" and node["value"] in _TAKE_REFERENCES:
        return any(
            _finds_references(part)
            for argument in node["children"]
            for part in (argument["children"] if argument["type"] == "expref" else [argument])
        )
    return node["type"] == "expref" or any(map(_finds_references, node["children"]))
