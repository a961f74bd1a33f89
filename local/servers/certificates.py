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
        now = datetime.now(UTC)
        certificate = (
            _builder(self._subject, self._subject, self._key.public_key(), now + CA_LASTS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(self._identifier(), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

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
        certificate = (
            _builder(subject, self._subject, key.public_key(), datetime.now(UTC) + lasts)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(usage, critical=False)
            .add_extension(x509.SubjectAlternativeName([*map(_host, hosts)]), critical=False)
            .add_extension(self._identifier(), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        place = (folder or self._folder) / name
        made = Certificate(place.with_suffix(".pem"), place.with_suffix(".key"))
        made.cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        write_private(made.key, _pem(key))
        return made

    def _identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from the moment that it exists."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, ends: datetime
) -> x509.CertificateBuilder:
    """What a CA's and a server's certificate have in common."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - SLACK)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


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
