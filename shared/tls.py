"""The certificate authorities a target's certificate is verified with."""

import ssl
from collections.abc import Mapping
from pathlib import Path

from shared.errors import Misconfigured
from shared.settings import Settings

# Amazon Linux 2023, which Lambda's Python runtimes are, and Debian.
_SYSTEM_BUNDLES = (
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/certs/ca-certificates.crt"),
)


def ca_bundle(environment: Mapping[str, str]) -> Path:
    """The PEM file named by TLS_CA_BUNDLE, else the system's; raises Misconfigured.

    A relative path is taken from the function's own directory, so that a bundle can be shipped
    in the artifact.
    """
    named = Settings(environment).text("TLS_CA_BUNDLE", default="")
    if not named:
        return _system_bundle()
    path = Path(environment.get("LAMBDA_TASK_ROOT", ".")) / named
    try:
        ssl.create_default_context(cafile=str(path))
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
    """Verifies certificate and host name against the bundle; TLS 1.2 or newer."""
    return ssl.create_default_context(cafile=str(bundle))


def _system_bundle() -> Path:
    for bundle in _SYSTEM_BUNDLES:
        if bundle.is_file():
            return bundle
    raise Misconfigured(
        "this system has no bundle of certificate authorities",
        do="set TLS_CA_BUNDLE to a PEM file",
        field="TLS_CA_BUNDLE",
    )
