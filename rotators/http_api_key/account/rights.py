"""Comparing what a key has with what it is to have: never less, and never less unnoticed."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rotators.http_api_key.http.answers import is_same

# What reads like the name of a right, in small letters and with hardly a digit, unlike a key.
_RIGHT = re.compile(r"/?[a-z][a-z_]*[0-9]?(?:[.:!=/*-]+[a-z*][a-z_]*[0-9]?)*")
_LONGEST = 64
_MOST = 3  # members of a list that a message names


@dataclass(frozen=True, slots=True)
class Missing:
    """What a key has not of the part called `name`; members: of a list, those that are absent.

    `str()` is for messages, after "has lost" or "lacks": such as "'read' and 2 more of its
    'scopes'". It shows nothing that may be more than a name.
    """

    name: str
    members: Sequence[object]

    def __str__(self) -> str:
        if not self.members:
            return f"its '{self.name}'"
        named = [f"'{member}'" for member in self.members if _is_right(member)][:_MOST]
        more = len(self.members) - len(named)
        if not named:
            return f"{more} of its '{self.name}'"
        return f"{', '.join(named)}{f' and {more} more' if more else ''} of its '{self.name}'"


def missing(name: str, has: object, wanted: object) -> Missing | None:
    """What is missing of the wanted; None where all of it is there.

    Of a list each member is to be there, in any order and beside others; anything else is to be
    the same. name: what the description calls it.
    """
    if not isinstance(wanted, list):
        return None if is_same(has, wanted) else Missing(name, ())
    present = {_canonical(member) for member in has} if isinstance(has, list) else set()
    absent = [member for member in wanted if _canonical(member) not in present]
    return Missing(name, absent) if absent else None


def _is_right(member: object) -> bool:
    return isinstance(member, str) and len(member) <= _LONGEST and bool(_RIGHT.fullmatch(member))


def _canonical(member: object) -> str:
    return json.dumps(member, sort_keys=True)
