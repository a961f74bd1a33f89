"""Members of a description that are no requests; all raise DescriptionError naming the place."""

import re
import string
from collections.abc import Mapping
from itertools import pairwise

from rotators.http_api_key.description.names import Name
from rotators.http_api_key.description.places import Place
from rotators.http_api_key.description.templates import Template
from shared.errors import Misconfigured
from shared.passwords import MAX_LENGTH, Included, PasswordPolicy

_ARN_CHARACTERS = f"{string.ascii_letters}{string.digits}:/_+=.@-"
_SECONDS = {"s": 1, "m": 60}
_MAX_PATTERN = 200


def read_label(place: Place) -> Template:
    """What tells a secret's keys from all others, and ends with the version; see key_label."""
    label = place.template({"arn", "tag", "version"})
    roots = [name.root for name in label.names]
    last = label.pieces[-1] if label.pieces else None
    if last != Name("version") or roots.count("version") != 1 or len(roots) == 1:
        raise place.wrong("must have {arn} or {tag}, and end with {version}")
    for name, after in pairwise(label.pieces):
        # Without an end to this ARN, another one may begin with it.
        if name == Name("arn") and (not isinstance(after, str) or after[0] in _ARN_CHARACTERS):
            raise place.wrong("must have a space or the like after {arn}")
    return label


def read_policy(place: Place) -> PasswordPolicy:
    """What keys are like that are chosen here: a length and characters."""
    found = place.members(("length", "characters"), required=("length", "characters"))
    characters = found["characters"].text(r"[!-~]+", "visible ASCII without spaces")
    length = found["length"].integer(range(1, MAX_LENGTH + 1))
    policy = PasswordPolicy(length, (Included("".join(sorted(set(characters))), 0),))
    try:
        policy.check()
    except Misconfigured:
        raise place.wrong("leaves too few keys to choose from; make it longer") from None
    return policy


def read_seconds(place: Place) -> int:
    """A time such as `30s` or `2m`, in seconds."""
    text = place.text(r"[1-9][0-9]{0,2}[sm]", "such as '30s' or '2m'")
    return int(text[:-1]) * _SECONDS[text[-1]]


def read_values(place: Place) -> dict[str, object]:
    """Values that stand for fields of the secret: strings and whole numbers."""
    members = place.members()
    for member in members.values():
        if not isinstance(member.value, str | int) or member.value == "":
            raise member.wrong("must be a string or a whole number")
    return {name: member.value for name, member in members.items()}


def read_carries(place: Place, fields: Mapping[str, str]) -> Template:
    """What a key begins with, made of its {id}."""
    template = place.template({"id"})
    if not any(template.names):
        raise place.wrong("must have {id}")
    if "id" not in fields:
        raise place.wrong("needs a field for 'id'")
    return template


def read_confidential(place: Place, fields: Mapping[str, str]) -> bool:
    """Whether the id is confidential: a list of names, of which there is only `id`."""
    for item in place.items():
        if item.value != "id":
            raise item.wrong("is not known; there is id")
        if "id" not in fields:
            raise item.wrong("needs a field for 'id'")
    return bool(place.value)


def read_patterns(place: Place) -> dict[str, re.Pattern[str]]:
    """Regular expressions by names of the secret, each to match a whole value."""
    patterns: dict[str, re.Pattern[str]] = {}
    for name, member in place.members().items():
        text = member.text()
        if len(text) > _MAX_PATTERN:
            raise member.wrong(f"must be at most {_MAX_PATTERN} characters long")
        try:
            patterns[name] = re.compile(text)
        except (re.error, OverflowError, RecursionError):
            raise member.wrong("is not a regular expression") from None
    return patterns
