"""The certificate authorities a target's certificate is verified with."""

import os
import ssl
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from shared.errors import Misconfigured
from shared.settings import Settings

# Amazon Linux 2023, which Lambda's Python runtimes are, and Debian.
_SYSTEM_BUNDLES = (
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/certs/ca-certificates.crt"),
)
# They vouch for the databases of Amazon RDS and Aurora and for nothing else.
RDS_AUTHORITIES = Path(__file__).parent / "authorities" / "rds.pem"


def ca_bundle(environment: Mapping[str, str]) -> Path:
    """The PEM file named by TLS_CA_BUNDLE, else the system's; raises Misconfigured.

    A relative path is taken from the function's own directory, so that a bundle can be shipped
    in the artifact.
    """
    return _named_bundle(environment) or _system_bundle()


def database_authorities(environment: Mapping[str, str]) -> Path:
    """As `ca_bundle`, but with the authorities of RDS beside the system's."""
    return _named_bundle(environment) or _write_joined(_system_bundle(), RDS_AUTHORITIES)


@cache
def _write_joined(*bundles: Path) -> Path:
    """One file of them all, for this process: drivers in C take a single file.

    It has no name but the process's own, so nobody gets between, and a kill leaves nothing behind.
    """
    content = b"\n".join(bundle.read_bytes() for bundle in bundles)
    try:
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            descriptor = os.dup(file.fileno())  # open as long as the process lives
    except OSError:
        pass
    else:
        return Path(f"/proc/self/fd/{descriptor}")
    raise Misconfigured(
        "the temporary folder takes no file of certificate authorities",
        do="free or enlarge the function's ephemeral storage, or set TLS_CA_BUNDLE",
        field="TLS_CA_BUNDLE",
    )


def _named_bundle(environment: Mapping[str, str]) -> Path | None:
    named = Settings(environment).text("TLS_CA_BUNDLE", default="")
    if not named:
        return None
    path = Path(environment.get("LAMBDA_TASK_ROOT", ".")) / named
    try:
        verifying_context(path)
    except OSError as error:  # ssl.SSLError is one: a file without a certificate
        problem = "cannot be read" if isinstance(error, FileNotFoundError) else "has no certificate"
    else:
        return path
    raise Misconfigured(
        f"the file named by TLS_CA_BUNDLE {problem}",
        do="set it to a PEM file in the function's artifact or layer, or unset it",
        field="TLS_CA_BUNDLE",
    )


def verifying_context(bundle: Path) -> ssl.SSLContext:
    """Verifies chain, host name and time against the bundle, as libpq does; TLS 1.2 or newer.

    Not `ssl.create_default_context`, which since Python 3.13 is stricter than libpq in some ways
    and laxer in others: see docs/adr/0014-one-verdict-on-certificates.md.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(bundle)
    return context


def _system_bundle() -> Path:
    for bundle in _SYSTEM_BUNDLES:
        if bundle.is_file():
            return bundle
    raise Misconfigured(
        "this system has no bundle of certificate authorities",
        do="set TLS_CA_BUNDLE to a PEM file",
        field="TLS_CA_BUNDLE",
    )
