"""Where a description comes from: the function's configuration, the secret, or our own files."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.places import DescriptionError
from rotators.http_api_key.description.reader import read_description
from rotators.http_api_key.description.trust import Author, Base, Trust
from shared.errors import MalformedSecret, Misconfigured, RotationError
from shared.settings import Settings

SHIPPED = Path(__file__).parents[1] / "issuers"
_FIELD, _VARIABLE = "issuer", "ISSUER"
_MERGED = ("fields", "values", "defaults")
# What a secret may say of one of our descriptions without deciding what is sent; where it is
# sent, the admin's secret or ISSUER_HOSTS decides.
_TUNED = (*_MERGED, "base", "label", "choose", "propagation")


class Sources:
    """Where a secret's description is from: the function's ISSUER if that is set, else the secret.

    The secret may name one of the descriptions that come with the function, or have its own.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        text = Settings(environment).text(_VARIABLE, default="")
        self._of_function = _described(text, Misconfigured, _VARIABLE) if text else None

    @property
    def is_fixed_by_function(self) -> bool:
        """Whether ISSUER is set, so that no secret says which requests are sent."""
        return self._of_function is not None

    def of(self, document: Mapping[str, object]) -> Description:
        """The description for a secret; raises MalformedSecret naming the place in it."""
        if self._of_function is not None:
            return self._of_function
        issuer = document.get(_FIELD)
        if issuer is None:
            raise MalformedSecret(
                f"field '{_FIELD}' of the secret is missing",
                do="add the name or the description of its issuer, or set ISSUER on the function",
                field=_FIELD,
            )
        text = issuer if isinstance(issuer, str) else json.dumps(issuer)
        return _described(text, MalformedSecret, "")

    def trust(self, document: Mapping[str, object], *, hosts_are_listed: bool) -> Trust:
        """How far the secret's description is trusted; raises as `of` does.

        hosts_are_listed: whether the function has ISSUER_HOSTS.
        """
        description, issuer = self.of(document), document.get(_FIELD)
        if self.is_fixed_by_function:
            author, base = Author.FUNCTION, _base_of_function(description)
        elif _is_shipped(issuer):
            author, base = Author.SHIPPED, _base_of_shipped(description, issuer)
        else:
            author, base = Author.SECRET, Base.ALL
        return Trust.of(author, base, hosts_are_listed=hosts_are_listed)


def _base_of_function(description: Description) -> Base:
    """How much of the base a secret says; nothing of what the description has in `values`."""
    if description.are_bases_fixed:
        return Base.NOTHING
    whole = description.base.whole
    if whole is not None and whole.field not in description.values:
        return Base.ALL
    return Base.PART


def _base_of_shipped(description: Description, issuer: object) -> Base:
    """How much of the base a secret says, which may add its own `base` to our description."""
    if isinstance(issuer, dict) and "base" in issuer:
        return Base.ALL
    return Base.PART if description.base.whole is None else Base.ALL


def _is_shipped(issuer: object) -> bool:
    """Whether every request is one of a description that comes with the function."""
    if isinstance(issuer, dict):
        return "use" in issuer and issuer.keys() <= {"use", *_TUNED}
    return isinstance(issuer, str) and not issuer.lstrip().startswith("{")


@lru_cache(maxsize=64)
def _described(text: str, kind: type[RotationError], variable: str) -> Description:
    """The description in a JSON text or, by its name, in a file of ours; raises `kind`.

    variable: where the text is from; empty for the secret.
    """
    where = f"the description in {variable or 'the secret'}"
    document: object = {"use": text.strip()}
    if text.lstrip().startswith("{"):
        document = _json_or_none(text)
    if document is None:
        raise kind(f"{where} is not JSON", do="correct it", field=variable or _FIELD)
    try:
        return read_description(_completed(document), _FIELD)
    except DescriptionError as error:
        problem = error
    raise kind(
        f"{where}: {problem.place} {problem.problem}",
        do="correct it; docs/issuers.md explains every place",
        field=variable or problem.place,
    )


def _json_or_none(text: str) -> object:
    # Returns instead of raising: JSONDecodeError keeps the document, as an error's context too.
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document


def _completed(document: object) -> object:
    """The document, with what it leaves to the description that it uses."""
    if not isinstance(document, dict) or "use" not in document:
        return document
    shipped = {path.stem: path for path in SHIPPED.glob("*.json")}
    name = document["use"]
    if not isinstance(name, str) or name not in shipped:
        names = ", ".join(sorted(shipped))
        raise DescriptionError(f"{_FIELD}.use", f"is not a description of ours; there are {names}")
    completed = json.loads(shipped[name].read_text())
    for member, value in document.items():
        if member in _MERGED and isinstance(value, dict):
            completed[member] = {**completed.get(member, {}), **value}
        elif member != "use":
            completed[member] = value
    return completed
