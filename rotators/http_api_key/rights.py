"""Comparing what a key has with what it is to have: never less, and never less unnoticed."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rotators.http_api_key.http.answers import is_same

_PLAIN = re.compile(r"[\w:./*!=@-]{1,64}")
_MOST = 3  # members of a list that a message names


@dataclass(frozen=True, slots=True)
class Missing:
    """What a key has not of the part called `name`; members: of a list, those that are absent."""

    name: str
    members: Sequence[object]

    def counted(self) -> str:
        """As a message says it that may show no value, such as "2 of its 'scopes'"."""
        return f"{len(self.members)} of its '{self.name}'" if self.members else f"its '{self.name}'"

    def named(self) -> str:
        """As a message says it that may show what the issuer's list shows."""
        plain = [m for m in self.members if isinstance(m, str) and _PLAIN.fullmatch(m)][:_MOST]
        if not plain:
            return self.counted()
        others = " and others" if len(plain) < len(self.members) else ""
        return f"{', '.join(map(repr, plain))}{others} of its '{self.name}'"


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


def _canonical(member: object) -> str:
    return json.dumps(member, sort_keys=True)
