"""What libpq does not tell of a server's certificate, found by a handshake of Python's TLS."""

import re
import socket
import ssl
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from shared.credentials import Login
from shared.tls import verifying_context

# PostgreSQL documentation, "Message Formats": SSLRequest, and the answer of who has TLS.
_SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)
_WILLING = b"S"
# Where `*` in a certificate means the same to libpq and to OpenSSL: it stands for one label of
# letters, digits and hyphens, above two labels or more. A name of one label cannot match it. What
# begins with a digit may be an address to libpq, such as 127.1, and is a name to the others.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_MATCHED_ALIKE = re.compile(rf"(?![0-9])(?:[^.]+|{_LABEL}(?:\.{_LABEL}){{2,}})")


def as_address(host: str) -> tuple[str, str | None]:
    """Return libpq's `host` and `hostaddr`, such that an address is matched as one only.

    libpq would also accept an address that a certificate has as a name or common name. These it
    compares as text, so it is given the address in a form that no certificate has.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host, None
    return _unusual(address), host


def is_matched_alike(host: str) -> bool:
    """Whether libpq's verdict on a certificate's names is that of every other driver."""
    _, address = as_address(host)
    return bool(address or _MATCHED_ALIKE.fullmatch(host))


def shake_hands(login: Login, authorities: Path, *, seconds: float) -> None:
    """Verify the server's certificate, and hang up; each wait is bounded by these seconds.

    Returns where the server has no TLS, too. Raises ssl.SSLCertVerificationError where the
    certificate is at fault, else OSError.
    """
    context = verifying_context(authorities)
    with socket.create_connection((login.host, login.port), seconds) as plain:
        plain.sendall(_SSL_REQUEST)
        if plain.recv(1) == _WILLING:
            with (
                context.wrap_socket(plain, server_hostname=login.verified_host) as inside,
                suppress(OSError),  # it is verified, however the server takes the end
            ):
                inside.unwrap()


def refusal(login: Login, authorities: Path, *, seconds: float) -> Exception | None:
    """Return the verifier's error about the server's certificate, None where there is none."""
    try:
        shake_hands(login, authorities, seconds=seconds)
    except ssl.SSLCertVerificationError as error:
        return error
    except OSError:
        pass
    return None


def _unusual(address: IPv4Address | IPv6Address) -> str:
    """The address as one number, or with its end as an IPv4 one, which inet_pton takes too."""
    if isinstance(address, IPv4Address):
        return str(int(address))
    groups = address.exploded.split(":")[:6]
    return ":".join((*groups, str(IPv4Address(int(address) & 0xFFFFFFFF))))
