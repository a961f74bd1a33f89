"""Where a description comes from: the function's configuration, the secret, or our own files."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.places import DescriptionError
from rotators.http_api_key.description.reader import read_description
from shared.errors import MalformedSecret, Misconfigured, RotationError
from shared.settings import Settings

SHIPPED = Path(__file__).parents[1] / "issuers"
_FIELD, _VARIABLE = "issuer", "ISSUER"
_MERGED = ("fields", "values", "defaults")
# What a secret may say of one of our descriptions without deciding what is sent; where it is
# sent, the admin's secret or ISSUER_HOSTS decides.
_TUNED = (*_MERGED, "base", "label", "choose", "propagation")


class Sources:
    """ISSUER, where it is set, is for every secret of the function, whatever they say."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        text = Settings(environment).text(_VARIABLE, default="")
        self._pinned: Description | None = None
        if text:
            pinned = _described(text, Misconfigured, _VARIABLE)
            whole = pinned.base.whole
            free = whole is not None and whole.field not in pinned.values
            self._pinned = replace(pinned, free=free)

    @property
    def pinned(self) -> bool:
        """Whether the function's configuration says it, so that no secret can."""
        return self._pinned is not None

    def of(self, document: Mapping[str, object]) -> Description:
        """The description for a secret; raises MalformedSecret naming the place in it."""
        if self._pinned is not None:
            return self._pinned
        said = document.get(_FIELD)
        if said is None:
            raise MalformedSecret(
                f"field '{_FIELD}' of the secret is missing",
                do="add the name or the description of its issuer, or set ISSUER on the function",
                field=_FIELD,
            )
        text = said if isinstance(said, str) else json.dumps(said)
        described = _described(text, MalformedSecret, "")
        inline, tuned = not _ours(said), isinstance(said, dict) and "base" in said
        free = inline or tuned or described.base.whole is not None
        return replace(described, inline=inline, free=free)


def _ours(said: object) -> bool:
    """Whether every request is one that we have written."""
    if isinstance(said, dict):
        return "use" in said and said.keys() <= {"use", *_TUNED}
    return isinstance(said, str) and not said.lstrip().startswith("{")


@lru_cache(maxsize=64)
def _described(text: str, kind: type[RotationError], variable: str) -> Description:
    """The description in a JSON text or, by its name, in a file of ours."""
    where = f"the description in {variable or 'the secret'}"
    said: object = {"use": text.strip()}
    if text.lstrip().startswith("{"):
        # Returns instead of raising: JSONDecodeError keeps the document, as an error's context too.
        said = _json(text)
    if said is None:
        raise kind(f"{where} is not JSON", do="correct it", field=variable or _FIELD)
    try:
        return read_description(_whole(said), _FIELD)
    except DescriptionError as error:
        problem = error
    raise kind(
        f"{where}: {problem.place} {problem.problem}",
        do="correct it; docs/issuers.md explains every place",
        field=variable or problem.place,
    )


def _json(text: str) -> object:
    try:
        said: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said


def _whole(said: object) -> object:
    """What is said, with what it leaves to the description that it uses."""
    if not isinstance(said, dict) or "use" not in said:
        return said
    shipped = {path.stem: path for path in SHIPPED.glob("*.json")}
    name = said["use"]
    if not isinstance(name, str) or name not in shipped:
        there = ", ".join(sorted(shipped))
        raise DescriptionError(f"{_FIELD}.use", f"is not a description of ours; there are {there}")
    whole = json.loads(shipped[name].read_text())
    for member, value in said.items():
        if member in _MERGED and isinstance(value, dict):
            whole[member] = {**whole.get(member, {}), **value}
        elif member != "use":
            whole[member] = value
    return whole
