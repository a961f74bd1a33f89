"""Whether values that stand in quotes, as of SQL, can break out of them."""

import re
from collections.abc import Mapping

from rotators.http_api_key.description.escapes import ESCAPES, QUOTES, QuoteScanner
from rotators.http_api_key.description.model import Description, names_in
from rotators.http_api_key.description.names import Name
from rotators.http_api_key.description.places import Place, Tree
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Template

# What others have a say in: the secret, the issuer, and whoever chooses a key.
_FROM_OUTSIDE = ("secret", "admin", "kept", "key", "old", "id", "token")


def check_quotes(description: Description) -> None:
    """Check that values in quotes are escaped for their language, or bounded by a pattern.

    Raises DescriptionError.
    """
    _check_choice(description)
    for request in description.requests:
        for place, template in _templates(request):
            scanner = QuoteScanner()
            for index, piece in enumerate(template.pieces):
                if isinstance(piece, str):
                    scanner.read(piece)
                elif quote := _quote_around(template, index, scanner.open, request):
                    _check(place, piece, quote, description)


def _check_choice(description: Description) -> None:
    """Check that keys that are chosen here can be written as they are to be sent."""
    chosen = description.choose.classes if description.choose else ()
    in_sql = {name.root for name in names_in(description.renew) if name.form == "sql"}
    if any("\\" in each.characters for each in chosen) and in_sql & {"key", "old"}:
        place = Place(None, description.renew.place.rpartition(".")[0]).child("choose")
        raise place.child("characters").wrong("must not have a backslash, which SQL cannot have")


def _check(place: Place, name: Name, quote: str, description: Description) -> None:
    if name.root not in _FROM_OUTSIDE or name.is_time or name.form in ESCAPES:
        return
    pattern = description.patterns.get(name.field) if name.root == "secret" else None
    if pattern is None:
        forms = ", |".join(ESCAPES)
        raise place.wrong(
            f"has {{{name}}} in quotes; write it as of the language there, with |{forms}, "
            "or bound a {secret.NAME} in 'patterns'"
        )
    if _lets_out(pattern, quote):
        raise place.wrong(f"has {{{name}}} in quotes, which its pattern lets a value break out of")


def _quote_around(template: Template, index: int, is_open: str, request: Request) -> str:
    """The quotes that a name stands in; empty where it stands in none, as far as can be told.

    An apostrophe is one too: so outside of `text`, where words may be, only quotes that a name
    touches count.
    """
    before = template.pieces[index - 1] if index else ""
    after = template.pieces[index + 1] if index + 1 < len(template.pieces) else ""
    if isinstance(before, str) and before and before[-1] in QUOTES:
        return before[-1]
    if template is request.text or (isinstance(after, str) and after[:1] == is_open):
        return is_open
    return ""


def _lets_out(pattern: re.Pattern[str], quote: str) -> bool:
    samples = (quote, f"a{quote}", f"{quote}a", f"a{quote}a", f"a{quote} a", "\\", "a\\", "a\\a")
    return any(map(pattern.fullmatch, samples))


def _templates(request: Request) -> "list[tuple[Place, Template]]":
    place = Place(None, request.place)
    found = [(place.child("request"), request.path)]
    for member in ("query", "headers", "body", "form", "text"):
        found += _leaves(place.child(member), getattr(request, member))
    return found


def _leaves(place: Place, tree: Tree) -> "list[tuple[Place, Template]]":
    if isinstance(tree, Template):
        return [(place, tree)]
    if isinstance(tree, Mapping):
        return [leaf for name, each in tree.items() for leaf in _leaves(place.child(name), each)]
    if isinstance(tree, tuple):
        children = (Place(None, f"{place.path}[{i}]") for i in range(len(tree)))
        return [
            leaf
            for child, each in zip(children, tree, strict=True)
            for leaf in _leaves(child, each)
        ]
    return []
