"""Filter patterns of CloudWatch Logs, of which the equality of a JSON line's members is offered.

Source: CloudWatch Logs user guide, "Filter pattern syntax".
"""

import json
import re
from collections.abc import Callable

from local.secrets_manager import errors

_TERM = r'\$\.(\w+)\s*=\s*"([^"*\\]*)"'
_TERMS = re.compile(rf"\{{\s*{_TERM}(?:\s*(?:&&|\|\|)\s*{_TERM})*\s*\}}")


def read(text: str) -> Callable[[str], bool]:
    """Whether a line matches `{ $.a = "b" && $.c = "d" }`, or the same with `||` throughout.

    An empty pattern matches every line; any other form is refused.
    """
    if not text.strip():
        return lambda _line: True
    both = "&&" in text and "||" in text
    if both or not _TERMS.fullmatch(text.strip()):
        raise errors.not_offered("this form of filterPattern")
    terms = re.findall(_TERM, text)
    of = any if "||" in text else all

    def matches(line: str) -> bool:
        members = _members(line)
        return of(members.get(name) == value for name, value in terms)

    return matches


def _members(line: str) -> dict[str, object]:
    """Of a line that is a JSON object; a plain line has none."""
    if not line.startswith("{"):
        return {}
    try:
        document = json.loads(line)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
