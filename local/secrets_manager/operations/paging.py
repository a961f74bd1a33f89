"""MaxResults and NextToken, for every operation that lists."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import TypeVar

from local.secrets_manager import errors
from local.secrets_manager.state import Request

T = TypeVar("T")

_TOKEN = re.compile(rb"(\w+) from ([1-9][0-9]{0,8})")


def page(
    items: Sequence[T], request: Request, operation: str, most: int
) -> tuple[Sequence[T], dict[str, str]]:
    """MaxResults of the items from NextToken on, and the next NextToken if there are more.

    most: the size where MaxResults says none. Raises InvalidNextTokenException for a token that
    no answer of this operation can have held; its text is chosen.
    """
    start = _read(request["NextToken"], operation) if "NextToken" in request else 0
    end = start + request.get("MaxResults", most)
    following = {"NextToken": _token(operation, end)} if end < len(items) else {}
    return items[start:end], following


def _token(operation: str, start: int) -> str:
    return base64.urlsafe_b64encode(f"{operation} from {start}".encode()).decode()


def _read(token: str, operation: str) -> int:
    try:
        marked = base64.b64decode(token, altchars=b"-_", validate=True)
        found = _TOKEN.fullmatch(marked)
    except (binascii.Error, ValueError):
        found = None
    if found is None or found[1].decode() != operation:
        raise errors.refusal("InvalidNextTokenException", "The NextToken value is invalid.")
    return int(found[2])
