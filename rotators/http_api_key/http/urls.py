"""What a URL names, read by the same parser that connects: two parsers may see two hosts."""

import re
from urllib.parse import urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

# A backslash is a slash to some parsers, and so the end of the host.
_PLAIN = re.compile(r"[!-\[\]-~]+")


def origin(url: str) -> tuple[str, int] | None:
    """Host and port of an https URL: what a credential may be sent to; None where in doubt."""
    if not _PLAIN.fullmatch(url):
        return None
    try:
        parts = parse_url(url)
    except LocationParseError:
        return None
    if parts.scheme != "https" or not parts.host or parts.auth is not None:
        return None
    return parts.host.strip("[]").lower(), parts.port or 443


def is_proxy(url: str) -> bool:
    """Whether it is the URL of a host that may be a proxy."""
    try:
        return url.startswith(("http://", "https://")) and bool(parse_url(url).host)
    except LocationParseError:
        return False


def joined(url: str, target: str) -> str:
    """Where a redirect or a link leads; empty where that is in doubt."""
    try:
        return urljoin(url, target) if _PLAIN.fullmatch(target) else ""
    except ValueError:
        return ""
