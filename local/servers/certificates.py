"""A private certificate authority: every local server has a certificate that clients verify."""

import ipaddress
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

IN_DOCKER = "host.docker.internal"  # what containers call the machine they run on
LOOPBACK = ("localhost", "127.0.0.1", IN_DOCKER)
SLACK = timedelta(days=2)  # begins in the past, so that a clock set back a little does no harm
CA_LASTS = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two PEM files: the certificate, and its key (mode 0600)."""

    cert: Path
    key: Path


class Authority:
    """Makes a CA in `folder`; its certificate is the file `ca`, its key never leaves memory.

    The extensions are those that Python 3.13's VERIFY_X509_STRICT insists on.
    """

    def __init__(self, folder: Path, *, name: str = "local authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(self._sign(self._subject, self._key, CA_LASTS))

    def issue(
        self,
        name: str,
        hosts: tuple[str, ...] = LOOPBACK,
        *,
        lasts: timedelta = timedelta(days=90),
        folder: Path | None = None,
    ) -> Certificate:
        """Issue a server certificate for `hosts` (names or addresses) as `name`.pem and .key.

        In the authority's own folder, or another; a negative `lasts`, above minus two days, gives
        one that has expired.
        """
        if re.fullmatch(r"[\w-]+", name) is None or name == self.ca.stem:
            raise ValueError(f"{name!r} would not make a good file name; use letters and digits")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        names = x509.SubjectAlternativeName([*map(_host, hosts)])
        place = (folder or self._folder) / name
        made = Certificate(place.with_suffix(".pem"), place.with_suffix(".key"))
        made.cert.write_bytes(self._sign(subject, key, lasts, usage, names))
        write_private(made.key, _pem(key))
        return made

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        lasts: timedelta,
        *more: x509.ExtensionType,
    ) -> bytes:
        """The certificate of a key, with more extensions, as PEM; our own key's signs others."""
        ca = key is self._key
        now, public, issuer_key = datetime.now(UTC), key.public_key(), self._key.public_key()
        extensions: dict[x509.ExtensionType, bool] = {
            x509.BasicConstraints(ca=ca, path_length=0 if ca else None): True,
            _usage(signs_certificates=ca): True,
            x509.SubjectKeyIdentifier.from_public_key(public): False,
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key): False,
            **dict.fromkeys(more, False),
        }
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - SLACK)
            .not_valid_after(now + lasts)
        )
        for extension, critical in extensions.items():
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from the moment that it exists."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


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
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
