"""What is one host: the shapes of names and addresses, and which of them are the same."""

import re
from ipaddress import ip_address


def same_form(host: str) -> str:
    """What DNS takes for equal, in one form: small letters, no root's dot, IPv6 at its shortest."""
    return address_in(host) or host.lower().removesuffix(".")


def address_in(text: str) -> str | None:
    """The IP address in its shortest form; None for what is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else str(address)  # with a zone it is not one machine's only


def is_host_name(text: str) -> bool:
    """Whether it is one name, and nothing that a driver takes for an address."""
    shape = r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?"
    # As `127.1` and `0x7f000001`, which drivers take for addresses, each in its own way.
    numeric_end = r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?"
    return (
        bool(re.fullmatch(shape, text))
        and not re.fullmatch(numeric_end, text.lower())
        and has_dns_labels(text)
    )


def has_dns_labels(host: str) -> bool:
    """Whether each label has a length that it may have: Python looks no other name up."""
    return all(0 < len(label) < 64 for label in host.removesuffix(".").split("."))  # noqa: PLR2004 - RFC 1035, 2.3.4
