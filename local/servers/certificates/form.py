"""What stands in a certificate: as it should be by default, and as people really have them."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from local.servers.certificates.keys import Digest, Key, KeyKind

SLACK = timedelta(days=2)  # begins in the past, so that a clock set back a little does no harm
Extension: TypeAlias = tuple[x509.ExtensionType, bool]  # and whether it is critical


@dataclass(frozen=True, slots=True)
class Form:
    """Where a certificate differs from a good one; Python 3.13's strict verification passes that.

    begins, lasts: from now. names: common names, its file's where None. path_length: of an
    authority, None for no limit. usage, identifiers: whether it has a key usage, and the key
    identifiers; without them it is as by plain `openssl req -x509`. purposes: its extended key
    usages, none for no such extension. permitted: the DNS names that an authority is held to.
    sent: files of certificates that the server sends beside it.
    """

    key: KeyKind = "ec"
    digest: Digest = "sha256"
    begins: timedelta = -SLACK
    lasts: timedelta = timedelta(days=90)
    names: tuple[str, ...] | None = None
    is_authority: bool = False
    path_length: int | None = None
    usage: bool = True
    identifiers: bool = True
    purposes: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.SERVER_AUTH,)
    permitted: tuple[str, ...] = ()
    sent: tuple[Path, ...] = ()

    def extensions(self, hosts: tuple[str, ...], key: Key, issuer: Key) -> Iterator[Extension]:
        """What it has beside its name, key and time."""
        ca = self.is_authority
        yield x509.BasicConstraints(ca=ca, path_length=self.path_length if ca else None), True
        if self.usage:
            yield _usage(signs_certificates=ca), True
        if self.identifiers:
            public = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
            yield public, False
            yield x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), False
        if self.purposes and not ca:
            yield x509.ExtendedKeyUsage(self.purposes), False
        if self.permitted:
            subtrees = [x509.DNSName(name) for name in self.permitted]
            yield x509.NameConstraints(subtrees, None), True
        if hosts:
            yield x509.SubjectAlternativeName([*map(_host, hosts)]), False


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    """A name or an address; `dns:10.0.0.1` is an address that stands there as a name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host.removeprefix("dns:"))
