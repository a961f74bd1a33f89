"""Reading a document whose every refusal names the place in it, such as `issue.body.name`."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from rotators.http_api_key.description.expressions import (
    Expression,
    ExpressionError,
    Found,
    Header,
    compile_expression,
)
from rotators.http_api_key.description.names import CONFIDENTIAL, TemplateError
from rotators.http_api_key.description.templates import Template
from shared.document.encoding import encodable

HEADER = r"[A-Za-z][A-Za-z0-9-]*"
MAX_DEPTH = 32  # of a body, which is filled in by recursion


class DescriptionError(ValueError):
    """What is wrong with a description, and where; never a value of it."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place} {problem}")
        self.place, self.problem = place, problem


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

    def at(self, name: str) -> "Place":
        """A member's name as a value, at the place of what it is a member of."""
        return Place(name, self.path)

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

    def line(self, longest: int) -> str:
        """A text for people, in one line."""
        text = self.text(r".+", f"a line of 1 to {longest} characters")
        if not text.isprintable() or len(text) > longest:
            raise self.wrong(f"must be a line of 1 to {longest} characters")
        return text

    def expression(self) -> Expression:
        """A JMESPath expression."""
        text = self.text()
        try:
            return compile_expression(text, self.path)
        except ExpressionError as error:
            problem = str(error)
        raise self.wrong(problem)

    def found(self) -> Found:
        """What finds a value in an answer: a JMESPath expression, or `{"header": NAME}`."""
        if not isinstance(self.value, dict):
            return self.expression()
        name = self.members(("header",), required=("header",))["header"]
        return Header(name.text(HEADER, "a header's name").lower(), self.path)

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
