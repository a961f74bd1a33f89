"""Why OpenSSL's verifier does not trust a server's certificate, and what to do about each reason.

Numbers: OpenSSL's x509_vfy.h, X509_V_ERR_...
"""

from dataclasses import dataclass
from typing import Self

from shared.errors import ErrorRow, Untrusted
from shared.tls import rds_bundle

_BUNDLE = "TLS_CA_BUNDLE"
# It does not tell which certificate of the chain it is about.
_ANY = "the server's certificate, or one that vouches for it,"


@dataclass(frozen=True, slots=True)
class CertificateFaults:
    """What can be wrong with a server's certificate, the same for every driver."""

    wrong_host: ErrorRow
    expired: ErrorRow
    not_yet_valid: ErrorRow
    unknown_issuer: ErrorRow
    self_signed: ErrorRow
    incomplete: ErrorRow
    other_key: ErrorRow
    not_an_authority: ErrorRow
    not_permitted: ErrorRow
    wrong_purpose: ErrorRow
    weak: ErrorRow
    untrusted: ErrorRow

    @classmethod
    def at(cls, address: str, *, name: str | None = None) -> Self:
        """Of a target whose address is in this field of the secret.

        name: the field that may name another host for the certificate, where there is one.
        """
        elsewhere = f"; where that must stay as it is, in '{name}'" if name else ""
        return cls(
            wrong_host=ErrorRow(
                Untrusted, "the server's certificate is for another host",
                f"put a name that the certificate has in '{address}'{elsewhere}", address,
            ),
            expired=ErrorRow(
                Untrusted, f"{_ANY} has expired",
                f"renew it, and have the server load it, or put it into {_BUNDLE}", address,
            ),
            not_yet_valid=ErrorRow(
                Untrusted, f"{_ANY} is not valid yet",
                "wait until it is, or have it issued again by a clock that is right", address,
            ),
            unknown_issuer=ErrorRow(
                Untrusted, "the server's certificate is of an authority that is not trusted",
                f"set {_BUNDLE} to its root authority, or if that is trusted have the server send "
                f"the intermediate ones, or correct '{address}'", _BUNDLE,
            ),
            self_signed=ErrorRow(
                Untrusted, "the server's certificate is self-signed and not trusted",
                f"set {_BUNDLE} to it, have an authority issue one, or correct '{address}'",
                _BUNDLE,
            ),
            incomplete=ErrorRow(
                Untrusted, "the trusted authority of the server's certificate is not a root",
                f"add the authorities above it to {_BUNDLE}, with the self-signed root", _BUNDLE,
            ),
            other_key=ErrorRow(
                Untrusted, "a trusted authority has the name of the certificate's issuer, and "
                "another key",
                f"set {_BUNDLE} to the authority that issued it, or correct '{address}'", _BUNDLE,
            ),
            not_an_authority=ErrorRow(
                Untrusted, "the server's certificate was issued by one that may not issue it",
                "have an authority issue it whose basic constraints and key usage allow that",
                address,
            ),
            not_permitted=ErrorRow(
                Untrusted, "the authority of the server's certificate may not vouch for its names",
                "keep to the authority's name constraints, or have another issue it", address,
            ),
            wrong_purpose=ErrorRow(
                Untrusted, f"{_ANY} is not for servers",
                "have it issued with the extended key usage serverAuth, or with none", address,
            ),
            weak=ErrorRow(
                Untrusted, f"{_ANY} has too weak a key or digest",
                "have it issued with SHA-256, and RSA of 2048 bits or an elliptic curve", address,
            ),
            untrusted=ErrorRow(
                Untrusted, "the server's certificate is not trusted",
                f"set {_BUNDLE} to its authority, or correct '{address}'", _BUNDLE,
            ),
        )  # fmt: skip

    def row(self, code: int) -> ErrorRow:
        """The row for the verifier's number, 0 where it is not known."""
        for numbers, name in _NAMES.items():
            if code in numbers:
                row: ErrorRow = getattr(self, name)
                return row
        if not code:
            return self.untrusted
        return self.untrusted._replace(clause=f"{self.untrusted.clause} (OpenSSL's reason {code})")


def at_host(row: ErrorRow, host: str) -> ErrorRow:
    """The row, which for a host of RDS says where the authorities are that were not trusted."""
    where = rds_bundle(host) if row.field == _BUNDLE else None
    return row._replace(do=f"set {_BUNDLE} to a file of what is at {where}") if where else row


_NAMES = {
    (62, 63, 64): "wrong_host",
    (10,): "expired",
    (9,): "not_yet_valid",
    (19, 20, 21): "unknown_issuer",
    (18,): "self_signed",
    (2,): "incomplete",
    (7,): "other_key",
    (25, 32, 79): "not_an_authority",
    (47, 48): "not_permitted",
    (26,): "wrong_purpose",
    (66, 67, 68): "weak",
}
