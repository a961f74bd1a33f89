"""What is said of an issuer's refusals: who asked, for what, and which field is to be corrected."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from rotators.http_api_key.description.expressions import Found
from shared.errors import (
    ErrorRow,
    Forbidden,
    Misconfigured,
    Rejected,
    RotationError,
    TargetMismatch,
)

NO_FIELD = "issuer"  # what an error names where no field of the secret says it
_ADMIN, _KEY = "the admin's key", "the key"
_BAD_VALUES = ("HTTP 400", "HTTP 422")


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The fields of the secret that errors name, `issuer` where there is none.

    url: where the issuer is; owner: whose key it is; admin: which secret the admin's key is in;
    key: the key itself.
    """

    url: str
    owner: str
    admin: str
    key: str


@dataclass(frozen=True, slots=True)
class IssuerErrors:
    """The errors of one issuer; each method gives one, to be raised.

    base_url: where it is; owner: whose key is rotated, empty where nothing says it.
    fields: the secret's fields to name; asker: whose key a request is made with.
    place: where the request stands in the description; login: whether it is the admin's login.
    path_fields: those of the secret's fields that its path has.
    carried: what of the current key's limits and rights was sent with it.
    """

    base_url: str
    owner: str
    fields: FieldNames
    asker: str = _ADMIN
    place: str = "the request"
    is_login: bool = False
    path_fields: Sequence[str] = ()
    carried: Sequence[str] = ()

    def __str__(self) -> str:
        return f"the issuer at {self.base_url}"

    def of_the_rotated_key(self) -> Self:
        """The same issuer's, for requests that are made with the rotated key itself."""
        return replace(self, asker=_KEY, fields=replace(self.fields, admin=self.fields.key))

    @property
    def whose(self) -> str:
        """Whose key is rotated, as a message says it."""
        return f"of {self.owner!r}" if self.owner else "of the secret"

    def row(self, row: ErrorRow, code: str = "") -> RotationError:
        """A row of a table of errors, at this issuer."""
        return row.error(str(self), code)

    def missing_right(self, code: str = "") -> RotationError:
        """For an asker's key that is valid but may not do what it was to do."""
        clause = f"it refused {self.asker} a right that {self.place} needs"
        owner = _either(self.fields.owner)
        do = f"check its rights, and {owner}" if owner else "check its rights"
        return self.row(ErrorRow(Forbidden, clause, do, self.fields.admin), code)

    def invalid_answer(self, code: str = "") -> RotationError:
        """For an answer that is not the API's."""
        clause = f"what came to {self.place} is not the answer of an API"
        url = _either(self.fields.url)
        base = f"that {url} says where the issuer's API is" if url else "its 'base'"
        do = f"check {base}, and its description"
        return self.row(ErrorRow(Misconfigured, clause, do, self.fields.url), code)

    def finds_nothing(self, found: Found, code: str) -> RotationError:
        """For an answer without a part that the description reads."""
        clause = f"{found} finds nothing in the answer"
        do = "compare it with what the issuer documents to answer"
        return self.row(ErrorRow(Misconfigured, clause, do, found.place), code)

    def unexpected(self, found: Found, code: str) -> RotationError:
        """For an answer that is not what the description expects of a success."""
        clause = f"{found} is not what the description says"
        do = "look at the issuer why that is, and compare it with what the issuer documents"
        return self.row(ErrorRow(Misconfigured, clause, do, found.place), code)

    def rejected_asker(self, code: str) -> RotationError:
        """For an asker's key that is not valid."""
        clause = f"it rejected {self.asker}"
        do = (
            "store a valid one" if self.asker == _KEY else "store a valid one in the admin's secret"
        )
        return self.row(ErrorRow(Rejected, clause, do, self.fields.admin), code)

    def refused_asker(self, code: str) -> RotationError:
        """For an asker's key that is refused, by none of the answers that say it is wrong."""
        clause = (
            f"it refused {self.asker}, and does not tell whether that is wrong or lacks a right"
        )
        do = f"check {self.asker} and its rights, and what 'rejected' of {self.place} says"
        return self.row(ErrorRow(Forbidden, clause, do, self.fields.admin), code)

    def rejected_key(self, name: str, code: str) -> RotationError:
        """For the rotated key itself, by the name that messages have for it."""
        which = f"the key {name}" if name else "the key"
        return Rejected(
            f"{self} rejected {which} {self.whose} ({code})",
            do="check that it has neither expired nor been revoked",
            field=self.fields.key,
        )

    def untold(self, code: str) -> RotationError:
        """For an answer to the rotated key that does not tell whether it is right."""
        clause = f"its answer does not tell whether the key {self.whose} is right"
        do = (
            "check that the key may be used from here for what the description's probe asks, and "
            "what the probe's 'rejected' and 'authenticated' say"
        )
        return self.row(ErrorRow(Forbidden, clause, do, self.fields.key), code)

    def not_of(self, field: str) -> RotationError:
        """For a key that is accepted, but not as what this field of the secret says."""
        return TargetMismatch(
            f"{self} says the key is not {self.whose}, or not the one that '{field}' says",
            do=f"correct '{field}' in the secret, or store the key that it is of",
            field=field,
        )

    def nothing_there(self, code: str) -> RotationError:
        """For an owner, or another part of a path, that there is not."""
        if self.is_login:
            return self.not_done(code)
        named = _either(*self.path_fields)
        what = f"nothing by {named} of the secret" if named else "nothing"
        clause = f"it knows {what} at the path of {self.place}, or {self.asker} may not see it"
        fields = _either(*self.path_fields, self.fields.url) or "the description's path"
        do = f"correct {fields}, or the rights of {self.asker}"
        field = self.path_fields[0] if self.path_fields else self.fields.url
        return self.row(ErrorRow(TargetMismatch, clause, do, field), code)

    def not_revoked(self, code: str) -> RotationError:
        """For a key that is listed, and is not there by the path that ends it."""
        clause = f"the key is listed, yet cannot be ended at the path of {self.place}"
        do = f"check 'revoke' in the issuer's description, and the rights of {self.asker}"
        return self.row(ErrorRow(Forbidden, clause, do, self.fields.admin), code)

    def not_done(self, code: str) -> RotationError:
        """For a request that the issuer does not take as it is."""
        if self.is_login:
            clause = f"it does not let the admin log in as {self.place} asks"
            do = f"compare the admin's secret and {self.place} with the issuer's documentation"
            return self.row(ErrorRow(Misconfigured, clause, do, self.fields.admin), code)
        clause = f"it does not do what {self.place} asks"
        carried = self.carried if code in _BAD_VALUES else ()
        causes = [may_be_limited(carried)] if carried else []
        causes.append("compare the description and the secret with the issuer's documentation")
        url = _either(self.fields.url)
        causes += [f"check that {url} says where its API is"] if url else []
        causes += ["there may be as many keys as may be"] if self.place.endswith(".issue") else []
        do = "; or ".join(causes)
        return self.row(ErrorRow(Misconfigured, clause, do, self.fields.url), code)


def may_be_limited(carried: Sequence[str]) -> str:
    """What may be wrong with a request that had these limits or rights of the current key."""
    return (
        "it may not take the lifetime or rights that the current key has "
        f"({', '.join(carried)}): the issuer's limits may have changed since that was made"
    )


def _either(*fields: str) -> str:
    """The fields as a message names them, each once, without what is none."""
    named = dict.fromkeys(f"'{field}'" for field in fields if field != NO_FIELD)
    return " or ".join(named)
