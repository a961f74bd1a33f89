"""What an issuer's statuses and urllib3's errors mean; none of their text is passed on.

Statuses: RFC 9110, chapter 15, and JupyterHub's use of 403 and 404.
"""

from collections.abc import Mapping
from http import HTTPStatus

import urllib3

from shared.credentials import Account
from shared.errors import (
    CHECK_AUTHORITY,
    NEXT_ATTEMPT,
    Forbidden,
    Meaning,
    Misconfigured,
    Rejected,
    RotationError,
    TargetMismatch,
    Throttled,
    Unreachable,
    Untrusted,
)

_CHECK_URL = "check that 'issuer_url' is the base of the issuer's API"
NO_RIGHT = Meaning(
    Forbidden, "the admin's key was refused by", "check its rights, and 'owner'", "admin_secret_arn"
)
_BY_STATUS: Mapping[int, Meaning] = {
    HTTPStatus.UNAUTHORIZED: Meaning(
        Rejected, "the admin's key was rejected by", "store a valid one", "admin_secret_arn"
    ),
    HTTPStatus.FORBIDDEN: NO_RIGHT,
    HTTPStatus.NOT_FOUND: Meaning(
        TargetMismatch,
        "no such owner, or none the admin's key may see, is known to",
        "correct 'owner' or 'issuer_url', or the rights of the admin's key",
        "owner",
    ),
    HTTPStatus.REQUEST_TIMEOUT: Meaning(Unreachable, "too slow an answer from", NEXT_ATTEMPT),
    HTTPStatus.TOO_MANY_REQUESTS: Meaning(Throttled, "too many requests to", NEXT_ATTEMPT),
}
_SERVER_ERROR = Meaning(Unreachable, "a failure inside", NEXT_ATTEMPT)
_UNKNOWN = Meaning(Misconfigured, "not the answer of an API from", _CHECK_URL, "issuer_url")


def issuer_at(account: Account) -> str:
    """Who, for messages."""
    return f"the issuer at {account.issuer_url}"


def garbage(account: Account) -> RotationError:
    """The error for an answer that is not the API's."""
    return _UNKNOWN.error(issuer_at(account))


def refusal(status: int, account: Account) -> RotationError:
    """The error for a status that is no success."""
    meaning = _BY_STATUS.get(status)
    if meaning is None:
        meaning = _SERVER_ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _UNKNOWN
    return meaning.error(issuer_at(account), f"HTTP {status}")


def no_answer(error: urllib3.exceptions.HTTPError, account: Account) -> RotationError:
    """The error for an answer that did not come, or not from whom it should."""
    if isinstance(error, urllib3.exceptions.SSLError):
        return Untrusted(
            f"{issuer_at(account)} has no certificate that is trusted for its name",
            do=f"{CHECK_AUTHORITY}, or correct 'issuer_url'",
            field="TLS_CA_BUNDLE",
        )
    return Unreachable(
        f"{issuer_at(account)} did not answer ({type(error).__name__})",
        do="check 'issuer_url', DNS, the function's route and that the issuer is up",
        field="issuer_url",
    )
