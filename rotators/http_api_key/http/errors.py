"""What an issuer's statuses and urllib3's errors mean; none of their text is passed on.

Statuses: RFC 9110, chapter 15, and issuers' use of 403 and 404.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Self

import urllib3

from rotators.http_api_key.description.model import FieldNames
from rotators.http_api_key.http.addresses import AddressError
from rotators.http_api_key.http.network import AnswerError
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
class IssuerErrors:
    """The errors of one issuer; each method gives one, to be raised.

    base_url: where it is; owner: whose key is rotated; fields: the secret's fields to name.
    asker: whose key a request is made with.
    """

    base_url: str
    owner: str
    fields: FieldNames
    asker: str = "the admin's key"

    def __str__(self) -> str:
        return f"the issuer at {self.base_url}"

    def of_the_rotated_key(self) -> Self:
        """The same issuer's, for requests that are made with the rotated key itself."""
        return replace(self, asker="the key", fields=replace(self.fields, admin=self.fields.key))

    def row(self, row: ErrorRow, code: str = "") -> RotationError:
        """A row of a table of errors, at this issuer."""
        return row.error(str(self), code)

    def missing_right(self, code: str = "") -> RotationError:
        """For an asker's key that is valid but may not do what it was to do."""
        clause = f"it refused {self.asker} a right"
        do = f"check its rights, and '{self.fields.owner}'"
        return self.row(ErrorRow(Forbidden, clause, do, self.fields.admin), code)

    def invalid_answer(self, code: str = "") -> RotationError:
        """For an answer that is not the API's."""
        clause = "what came is not the answer of an API"
        do = f"check that '{self.fields.url}' is the base of the issuer's API, and its description"
        return self.row(ErrorRow(Misconfigured, clause, do, self.fields.url), code)

    def rejected_asker(self, code: str) -> RotationError:
        """For an asker's key that is not valid."""
        clause = f"it rejected {self.asker}"
        return self.row(ErrorRow(Rejected, clause, "store a valid one", self.fields.admin), code)

    def rejected_key(self) -> RotationError:
        """For the rotated key itself."""
        return Rejected(
            f"{self} rejected the key of {self.owner!r}",
            do="check that the issuer has not revoked it",
            field=self.fields.key,
        )

    def wrong_owner(self) -> RotationError:
        """For a key that is accepted, but not as this owner's."""
        return TargetMismatch(
            f"{self} says the key is not of {self.owner!r}",
            do=f"correct '{self.fields.owner}' in the secret",
            field=self.fields.owner,
        )

    def unknown_owner(self, code: str) -> RotationError:
        """For an owner, or another part of a path, that there is not."""
        clause = f"it knows no owner {self.owner!r}, or {self.asker} may not see one"
        names = self.fields
        do = f"correct '{names.owner}' or '{names.url}', or the rights of {self.asker}"
        return self.row(ErrorRow(TargetMismatch, clause, do, names.owner), code)


def refusal(status: int, errors: IssuerErrors, place: str, *, later: bool = False) -> RotationError:
    """The error for an answer that is no success to the request described at this place.

    later: whether the description says that it means "not now".
    """
    code = f"HTTP {status}"
    if later and status != HTTPStatus.TOO_MANY_REQUESTS:
        return errors.row(_LATER, code)
    match status:
        case HTTPStatus.UNAUTHORIZED:
            problem = errors.rejected_asker(code)
        case HTTPStatus.FORBIDDEN:
            problem = errors.missing_right(code)
        case HTTPStatus.NOT_FOUND:
            problem = errors.unknown_owner(code)
        case HTTPStatus.REQUEST_TIMEOUT:
            problem = errors.row(_TOO_SLOW, code)
        case HTTPStatus.TOO_MANY_REQUESTS:
            problem = errors.row(_TOO_MANY, code)
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            problem = errors.row(_SERVER_ERROR, code)
        case _ if status >= HTTPStatus.BAD_REQUEST:
            problem = Misconfigured(
                f"{errors} does not do what {place} asks ({code})",
                do="compare the description and the secret with the issuer's documentation, and "
                f"'{errors.fields.url}' with the base of its API; or there are as many keys as may "
                "be",
                field=errors.fields.url,
            )
        case _:
            problem = errors.invalid_answer(code)
    return problem


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
