"""Comparing what a key has with what it is to have: never less, and never less unnoticed."""

import json
import re

from rotators.http_api_key.http.answers import is_same

_PLAIN = re.compile(r"[\w:./*!=@-]{1,64}")
_MOST = 3  # members of a list that a message names


def missing(name: str, has: object, wanted: object) -> str | None:
    """What is missing of the wanted, as messages name it after "has lost"; None if all is there.

    Of a list each member is to be there, in any order and beside others; anything else is to be
    the same. name: what the description calls it.
    """
    if not isinstance(wanted, list):
        return None if is_same(has, wanted) else f"its '{name}'"
    present = {_canonical(member) for member in has} if isinstance(has, list) else set()
    absent = [member for member in wanted if _canonical(member) not in present]
    if not absent:
        return None
    named = [m for m in absent if isinstance(m, str) and _PLAIN.fullmatch(m)][:_MOST]
    some = ", ".join(f"'{member}'" for member in named)
    if len(named) < len(absent):
        some = f"{some} and others" if some else "some"
    return f"{some} of its '{name}'"


def _canonical(member: object) -> str:
    return json.dumps(member, sort_keys=True)
