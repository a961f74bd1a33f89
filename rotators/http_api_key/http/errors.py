"""What an issuer's statuses and urllib3's errors mean; none of their text is passed on.

Statuses: RFC 9110, chapter 15, and issuers' use of 403 and 404.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus

import urllib3

from rotators.http_api_key.http.addresses import AddressError
from rotators.http_api_key.http.network import AnswerError
from rotators.http_api_key.http.words import IssuerErrors
from shared.errors import (
    NEXT_ATTEMPT,
    ErrorRow,
    Misconfigured,
    RotationError,
    Throttled,
    Unreachable,
)
from shared.translation import ConnectionFaults, translate_errors

_TOO_SLOW = ErrorRow(Unreachable, "it took too long to answer", NEXT_ATTEMPT)
_TOO_MANY = ErrorRow(Throttled, "it got too many requests", NEXT_ATTEMPT)
_SERVER_ERROR = ErrorRow(Unreachable, "it failed", NEXT_ATTEMPT)
_LATER = ErrorRow(Unreachable, "it says that this is not possible at the moment", NEXT_ATTEMPT)


def refusal(status: int, errors: IssuerErrors, *, later: bool = False) -> RotationError:
    """The error for an answer that is no success to the request that the errors are of.

    later: whether the description says that it means "not now".
    """
    code = f"HTTP {status}"
    if later and status != HTTPStatus.TOO_MANY_REQUESTS:
        return errors.row(_LATER, code)
    row = _BY_STATUS.get(status)
    if row is not None:
        return errors.row(row, code)
    say: Callable[[IssuerErrors, str], RotationError] = IssuerErrors.invalid_answer
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.row(_SERVER_ERROR, code)
    if status >= HTTPStatus.BAD_REQUEST:
        say = _BY_REFUSAL.get(status, IssuerErrors.not_done)
    return say(errors, code)


_BY_STATUS: Mapping[int, ErrorRow] = {
    HTTPStatus.REQUEST_TIMEOUT: _TOO_SLOW,
    HTTPStatus.TOO_MANY_REQUESTS: _TOO_MANY,
}
_BY_REFUSAL: Mapping[int, Callable[[IssuerErrors, str], RotationError]] = {
    HTTPStatus.UNAUTHORIZED: IssuerErrors.rejected_asker,
    HTTPStatus.FORBIDDEN: IssuerErrors.missing_right,
    HTTPStatus.NOT_FOUND: IssuerErrors.nothing_there,
}


def translate_issuer_errors(errors: IssuerErrors) -> AbstractContextManager[None]:
    """Raise urllib3's errors in the block as ours, about this issuer."""
    return translate_errors(urllib3.exceptions.HTTPError, by=lambda error: no_answer(error, errors))


def no_answer(error: urllib3.exceptions.HTTPError, errors: IssuerErrors) -> RotationError:
    """The error for an answer that did not come, or not from whom it should."""
    url = errors.fields.url
    if isinstance(error, AnswerError):
        return errors.invalid_answer()
    if isinstance(error, AddressError):
        return Misconfigured(
            f"{errors} is at a private address, or one of the cloud's own",
            do="set ALLOW_PRIVATE_ISSUERS on the function if it is to be called, or correct "
            f"'{url}'",
            field="ALLOW_PRIVATE_ISSUERS",
        )
    faults = ConnectionFaults.at(url)
    row = faults.no_answer
    # What a ProxyError wraps is about the proxy's address and certificate, not the issuer's.
    if not isinstance(error, urllib3.exceptions.ProxyError):
        row = faults.row(error) or row
    return errors.row(row, type(error).__name__)
