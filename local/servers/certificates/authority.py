"""An authority and what it issues, as files."""

import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID

from local.servers.certificates.form import Form
from local.servers.certificates.keys import Key, make_key, pem, sign

IN_DOCKER = "host.docker.internal"  # what containers call the machine they run on
LOOPBACK = ("localhost", "127.0.0.1", IN_DOCKER)
CA_LASTS = timedelta(days=365)
ROOT = Form(is_authority=True, lasts=CA_LASTS, path_length=0)
SERVER = Form()


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two PEM files: the certificate, with what is sent beside it, and its key (mode 0600)."""

    cert: Path
    key: Path


class Authority:
    """Makes a CA in `folder`; its certificate is the file `ca`, its key never leaves memory.

    above: the authority that issues this one's certificate, which is self-signed without.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "local authority",
        form: Form = ROOT,
        above: "Authority | None" = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.issuer = Issuer(_named(name), make_key(form.key))
        by = above.issuer if above else self.issuer
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(by.sign(self.issuer, form))

    def issue(
        self,
        name: str,
        hosts: tuple[str, ...] = LOOPBACK,
        *,
        lasts: timedelta | None = None,
        folder: Path | None = None,
        form: Form = SERVER,
    ) -> Certificate:
        """Issue a server certificate for `hosts` (names or addresses) as `name`.pem and .key.

        In the authority's own folder, or another; a negative `lasts`, above minus two days, gives
        one that has expired.
        """
        if re.fullmatch(r"[\w-]+", name) is None or name == self.ca.stem:
            raise ValueError(f"{name!r} would not make a good file name; use letters and digits")
        form = form if lasts is None else replace(form, lasts=lasts)
        return _issue(self.issuer, (folder or self._folder) / name, hosts, form)


def issue_itself(
    place: Path, hosts: tuple[str, ...] = LOOPBACK, *, form: Form = SERVER
) -> Certificate:
    """Write a certificate that no authority issued, as many servers make one for themselves."""
    return _issue(None, place, hosts, form)


class Issuer(NamedTuple):
    """A name and its key."""

    name: x509.Name
    key: Key

    def sign(self, subject: "Issuer", form: Form, hosts: tuple[str, ...] = ()) -> bytes:
        """The certificate of the subject, as PEM."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject.name)
            .issuer_name(self.name)
            .public_key(subject.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + form.begins)
            .not_valid_after(now + form.lasts)
        )
        for extension, critical in form.extensions(hosts, subject.key, self.key):
            builder = builder.add_extension(extension, critical=critical)
        return sign(builder, self.key, form.digest)


def _issue(
    issuer: Issuer | None,
    place: Path,
    hosts: tuple[str, ...],
    form: Form,
) -> Certificate:
    names = (place.name,) if form.names is None else form.names
    subject = Issuer(_named(*names), make_key(form.key))
    made = Certificate(place.with_suffix(".pem"), place.with_suffix(".key"))
    own = (issuer or subject).sign(subject, form, hosts)
    made.cert.write_bytes(b"".join((own, *(each.read_bytes() for each in form.sent))))
    write_private(made.key, pem(subject.key))
    return made


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from the moment that it exists."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _named(*names: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
