"""Reading a document whose every refusal names the place in it, such as `issue.body.name`."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from rotators.http_api_key.description.templates import CONFIDENTIAL, Template, TemplateError
from shared.fields import encodable

MAX_DEPTH = 32  # of a body, which is filled in by recursion


class DescriptionError(ValueError):
    """What is wrong with a description, and where; never a value of it."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place} {problem}")
        self.place, self.problem = place, problem


@dataclass(frozen=True, slots=True)
class Expression:
    """A JMESPath expression, compiled."""

    compiled: Any

    def search(self, answer: object) -> Any:  # noqa: ANN401 - any JSON
        """What it finds in an answer; None for nothing, or where it does not apply."""
        try:
            return self.compiled.search(answer)
        except (JMESPathError, TypeError, ValueError, ArithmeticError, RecursionError):
            return None


# JMESPath's functions that take a reference to an expression, written `&a`.
_TAKE_REFERENCES = ("map", "max_by", "min_by", "sort_by")


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


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a document, and where it is."""

    value: object
    path: str

    def wrong(self, problem: str) -> DescriptionError:
        """What is wrong here, to be raised."""
        return DescriptionError(self.path, problem)

    def members(
        self, known: Collection[str] | None = None, *, required: Collection[str] = ()
    ) -> dict[str, "Place"]:
        """The members of an object; raises DescriptionError for an unknown or a missing one.

        known: the names that it may have, None for any; required: those that it must have.
        """
        if not isinstance(self.value, dict):
            raise self.wrong("must be an object")
        found = {name: self.child(name, value) for name, value in self.value.items()}
        for name, place in found.items():
            if not encodable(name):
                raise place.wrong("has characters in its name that are none")
            if known is not None and name not in known:
                raise place.wrong(f"is not known; there are {', '.join(sorted(known))}")
        for name in required:
            if name not in found:
                raise self.missing(name)
        return found

    def missing(self, name: str) -> DescriptionError:
        """A member that is not there, to be raised."""
        return self.child(name).wrong("is missing")

    def child(self, name: str, value: object = None) -> "Place":
        """The place of a member."""
        # A name may be anything: an over-long or odd one is no path to show.
        shown = name if re.fullmatch(r"[\w.$-]{1,64}", name) else "?"
        return Place(value, f"{self.path}.{shown}" if self.path else shown)

    def items(self) -> "Iterator[Place]":
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("must be a list")
        return (Place(value, f"{self.path}[{i}]") for i, value in enumerate(self.value))

    def text(self, shape: str = r"(?s).+", meaning: str = "a string that is not empty") -> str:
        """A string of this shape."""
        if not isinstance(self.value, str) or not re.fullmatch(shape, self.value):
            raise self.wrong(f"must be {meaning}")
        if not encodable(self.value):
            raise self.wrong("has characters that are none")
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("must be true or false")
        return self.value

    def integer(self, within: range) -> int:
        """A whole number in the range."""
        if type(self.value) is not int or self.value not in within:
            raise self.wrong(f"must be a whole number from {within[0]} to {within[-1]}")
        return self.value

    def expression(self) -> Expression:
        """A JMESPath expression."""
        text = self.text()
        with suppress(ValueError, RecursionError):  # its own errors, and a number without end
            compiled = jmespath.compile(text)
            if not _finds_references(compiled.parsed):
                return Expression(compiled)
        raise self.wrong("is not a JMESPath expression")

    def template(self, names: Collection[str], *, in_url: bool = False) -> Template:
        """A template with these names only, and nothing confidential in a URL."""
        text = self.text(r"(?s).*", "a string")
        try:
            template = Template.parse(text)
        except TemplateError as error:
            problem = str(error)
        else:
            for name in template.names:
                if name.root not in names and str(name) not in names:
                    raise self.wrong(f"must not use {{{name}}}; here are {_shown(names)}")
                if in_url and name.root in CONFIDENTIAL:
                    raise self.wrong(f"must not have {{{name}}} in a URL, which others log")
            return template
        raise self.wrong(problem)


def templates(place: Place, names: Collection[str], *, in_url: bool = False) -> dict[str, Template]:
    """An object of templates."""
    found = place.members()
    return {name: member.template(names, in_url=in_url) for name, member in found.items()}


def _shown(names: Collection[str]) -> str:
    dots = {"secret": "secret.…", "admin": "admin.…"}
    return ", ".join(f"{{{dots.get(name, name)}}}" for name in sorted(names)) or "none"


Tree = Template | Mapping[str, "Tree"] | tuple["Tree", ...] | int | float | bool | None


def tree(place: Place, names: Collection[str], depth: int = MAX_DEPTH) -> Tree:
    """A JSON value whose strings are templates; raises DescriptionError, also where it is deep."""
    value = place.value
    if not depth:
        raise place.wrong("is nested too deeply")
    if isinstance(value, dict):
        members = place.members()
        return {name: tree(member, names, depth - 1) for name, member in members.items()}
    if isinstance(value, list):
        return tuple(tree(item, names, depth - 1) for item in place.items())
    if isinstance(value, str):
        return place.template(names)
    if value is None or isinstance(value, int | float):
        return value
    raise place.wrong("must be JSON")
