"""What an issuer's statuses and urllib3's errors mean; none of their text is passed on.

Statuses: RFC 9110, chapter 15, and issuers' use of 403 and 404.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus

import urllib3

from rotators.http_api_key.http.network import AddressError, AnswerError
from shared.errors import (
    NEXT_ATTEMPT,
    ErrorRow,
    Forbidden,
    Misconfigured,
    Rejected,
    RotationError,
    TargetMismatch,
    Throttled,
    Unreachable,
)
from shared.translation import ConnectionFaults, translate_errors

_TOO_SLOW = ErrorRow(Unreachable, "it took too long to answer", NEXT_ATTEMPT)
_TOO_MANY = ErrorRow(Throttled, "it got too many requests", NEXT_ATTEMPT)
_SERVER_ERROR = ErrorRow(Unreachable, "it failed", NEXT_ATTEMPT)
_LATER = ErrorRow(Unreachable, "it says that this is not possible at the moment", NEXT_ATTEMPT)


@dataclass(frozen=True, slots=True)
class Whom:
    """An issuer in messages: its base URL, and the secret's fields that lead there.

    url, owner, admin, key: the fields that say where it is, whose key it is, which secret the
    admin's key is in, and the key itself; asker: whose key a request is made with.
    """

    base: str
    owner_name: str
    url: str
    owner: str
    admin: str
    key: str
    asker: str = "the admin's key"

    def __str__(self) -> str:
        return f"the issuer at {self.base}"

    def no_right(self, code: str = "") -> RotationError:
        """For an admin's key that is valid but may not do what it was to do."""
        row = ErrorRow(
            Forbidden,
            f"it refused {self.asker} a right",
            f"check its rights, and '{self.owner}'",
            self.admin,
        )
        return row.error(str(self), code)

    def garbage(self, code: str = "") -> RotationError:
        """For an answer that is not the API's."""
        what = "not the answer of an API from"
        do = f"check that '{self.url}' is the base of the issuer's API, and its description"
        return Misconfigured(
            f"{what} {self} ({code})" if code else f"{what} {self}", do=do, field=self.url
        )

    def rejected(self) -> RotationError:
        """For the rotated key itself."""
        return Rejected(
            f"{self} rejected the key of {self.owner_name!r}",
            do="check that the issuer has not revoked it",
            field=self.key,
        )

    def somebody_elses(self) -> RotationError:
        """For a key that is accepted, but not as this owner's."""
        return TargetMismatch(
            f"{self} says the key is not of {self.owner_name!r}",
            do=f"correct '{self.owner}' in the secret",
            field=self.owner,
        )


def refusal(status: int, whom: Whom, place: str, *, later: bool = False) -> RotationError:
    """The error for an answer that is no success to the request described at this place.

    later: the description says so of it.
    """
    code = f"HTTP {status}"
    if later and status != HTTPStatus.TOO_MANY_REQUESTS:
        return _LATER.error(str(whom), code)
    match status:
        case HTTPStatus.UNAUTHORIZED:
            problem = admin_rejected(whom, code)
        case HTTPStatus.FORBIDDEN:
            problem = whom.no_right(code)
        case HTTPStatus.NOT_FOUND:
            problem = _no_owner(whom).error(str(whom), code)
        case HTTPStatus.REQUEST_TIMEOUT:
            problem = _TOO_SLOW.error(str(whom), code)
        case HTTPStatus.TOO_MANY_REQUESTS:
            problem = _TOO_MANY.error(str(whom), code)
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            problem = _SERVER_ERROR.error(str(whom), code)
        case _ if status >= HTTPStatus.BAD_REQUEST:
            problem = Misconfigured(
                f"{whom} does not do what {place} asks ({code})",
                do="compare the description and the secret with the issuer's documentation, and "
                f"'{whom.url}' with the base of its API; or there are as many keys as may be",
                field=whom.url,
            )
        case _:
            problem = whom.garbage(code)
    return problem


def _no_owner(whom: Whom) -> ErrorRow:
    return ErrorRow(
        TargetMismatch,
        f"it knows no owner {whom.owner_name!r}, or {whom.asker} may not see one",
        f"correct '{whom.owner}' or '{whom.url}', or the rights of {whom.asker}",
        whom.owner,
    )


def admin_rejected(whom: Whom, code: str) -> RotationError:
    """For an admin's key that is not valid."""
    row = ErrorRow(Rejected, f"it rejected {whom.asker}", "store a valid one", whom.admin)
    return row.error(str(whom), code)


def translated(whom: Whom) -> AbstractContextManager[None]:
    """Raise urllib3's errors in the block as ours, about this issuer."""
    return translate_errors(urllib3.exceptions.HTTPError, by=lambda error: no_answer(error, whom))


def no_answer(error: urllib3.exceptions.HTTPError, whom: Whom) -> RotationError:
    """The error for an answer that did not come, or not from whom it should."""
    if isinstance(error, AnswerError):
        return whom.garbage()
    if isinstance(error, AddressError):
        return Misconfigured(
            f"{whom} is at a private address, or one of the cloud's own",
            do="set ALLOW_PRIVATE_ISSUERS on the function if it is to be called, or correct "
            f"'{whom.url}'",
            field="ALLOW_PRIVATE_ISSUERS",
        )
    faults = ConnectionFaults.at(whom.url)
    row = faults.no_answer
    # Else what it wraps is about the address and the certificate of the proxy, not the issuer's.
    if not isinstance(error, urllib3.exceptions.ProxyError):
        row = faults.row(error) or row
    return row.error(str(whom), type(error).__name__)
