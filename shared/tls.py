"""The certificate authorities a target's certificate is verified with."""

import os
import re
import ssl
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Self

from shared.errors import Misconfigured
from shared.settings import Settings

# Amazon Linux 2023, which Lambda's Python runtimes are, and Debian.
_SYSTEM_BUNDLES = (
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/certs/ca-certificates.crt"),
)
# They vouch for the databases of Amazon RDS and Aurora and for nothing else; each is of one region,
# and stands under a line with its name.
RDS_AUTHORITIES = Path(__file__).parent / "authorities" / "rds.pem"
_NAMED_BY_REGION = "Amazon RDS {} Root CA "
# `app.abc.us-east-1.rds.amazonaws.com`, in China `app.abc.rds.cn-north-1.amazonaws.com.cn`.
# Sources: RDS User Guide and its edition for China, "Finding the connection information".
_RDS_HOST = re.compile(
    r"(?P<names>.+)\.(?:(?P<region>[a-z0-9-]+)\.rds\.amazonaws\.com"
    r"|rds\.(?P<china>cn-[a-z0-9-]+)\.amazonaws\.com\.cn)"
)
# A proxy's certificate is of Amazon's public authorities (RDS User Guide, "Using TLS/SSL with RDS
# Proxy"): `app.proxy-abc.us-east-1.…`, `any.endpoint.proxy-abc.us-east-1.…`.
_PROXY = "proxy-"


def ca_bundle(environment: Mapping[str, str]) -> Path:
    """The PEM file named by TLS_CA_BUNDLE, else the system's; raises Misconfigured.

    A relative path is taken from the function's own directory, so that a bundle can be shipped
    in the artifact.
    """
    return _named_bundle(environment) or _system_bundle()


class DatabaseAuthorities:
    """Who vouches for a database: one choice by its host, for every driver, made once.

    The bundle that is named, whatever the host. Else of a host of RDS the authorities of its
    region, a handful, which a driver reads at each connection. Else the system's. A host for which
    that is the wrong choice is not trusted: there is no second one.
    """

    def __init__(self, named: Path | None = None) -> None:
        self._named = named
        self._contexts: dict[Path, ssl.SSLContext] = {}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Those that TLS_CA_BUNDLE names, where it is set; raises Misconfigured."""
        made = cls(_named_bundle(environment))
        made.file("")  # a function without any is told before it connects
        return made

    def file(self, host: str) -> Path:
        """The PEM file of those for this host; raises Misconfigured."""
        if self._named is not None:
            return self._named
        region = _region_of(host.lower())
        of_region = _write_region(RDS_AUTHORITIES, region) if region else None
        return of_region or _system_bundle()

    def context(self, host: str) -> ssl.SSLContext:
        """A context that verifies with those for this host; raises Misconfigured."""
        file = self.file(host)
        if file not in self._contexts:
            self._contexts[file] = verifying_context(file)
        return self._contexts[file]


def rds_bundle(host: str) -> str | None:
    """Where RDS keeps the authorities of the host's region; None for a host that is none of RDS's.

    Sources: RDS User Guide and its edition for China, "Using SSL/TLS to encrypt a connection".
    """
    region = _region_of(host.lower())
    if region is None:
        return None
    place = "truststore.pki.rds.amazonaws.com"
    if region.startswith("us-gov-"):
        place = "truststore.pki.us-gov-west-1.rds.amazonaws.com"
    elif region.startswith("cn-"):
        place = "rds-truststore.s3.cn-north-1.amazonaws.com.cn"
    return f"https://{place}/{region}/{region}-bundle.pem"


def _region_of(host: str) -> str | None:
    """Whose authorities the host's certificate is of; None where that is none of RDS's."""
    found = _RDS_HOST.fullmatch(host)
    if found is None:
        return None
    _, *above = found["names"].split(".")  # the first is a name that its owner chose
    if any(label.startswith(_PROXY) for label in above):
        return None
    return found["region"] or found["china"]


@cache
def _write_region(bundle: Path, region: str) -> Path | None:
    """A file of the region's, for this process, as drivers in C take a file; None of no region's.

    It has no name but the process's own, so nobody gets between, and a kill leaves nothing behind.
    """
    entries = bundle.read_text().split("\n# ")
    chosen = [each for each in entries if each.startswith(_NAMED_BY_REGION.format(region))]
    if not chosen:
        return None
    content = "".join(f"# {each}\n" for each in chosen).encode()
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
