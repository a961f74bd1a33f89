"""The parts of a connection URL, and the characters that parsers take for the end of one.

Sources: RFC 3986; the URLs of MySQL's and MariaDB's JDBC drivers, which have forms of their own.
"""

import re
from urllib.parse import unquote

_SHAPE = re.compile(
    r"(?P<jdbc>jdbc:(?:aws-wrapper:)?)?(?P<engine>[a-z][a-z0-9.-]*)(?:\+[a-z0-9_]+)?://"
    r"(?:(?P<userinfo>[^@/?#]*)@)?(?P<hosts>[^@/?#]*)"
    r"(?:/(?P<path>[^@?#]*))?(?:\?(?P<query>[^@#]*))?"
)


def shape_of(text: str) -> re.Match[str] | tuple[str, str]:
    """Its parts, or what is wrong with it and what to do."""
    if text != text.strip():
        return "has white space before or behind it", "take it away"
    if "#" in text:
        return "has a '#', which some parsers take for its end", "write it as %23"
    found = _SHAPE.match(text)
    if found is not None:
        return _wrong_characters(found) or found
    scheme, slashes, rest = text.partition("://")
    if _SHAPE.match(scheme.lower() + slashes + rest):
        return "has capital letters in its scheme", "write the scheme in small letters"
    if scheme.lower().startswith("jdbc:") and slashes:
        return (
            "is a JDBC URL of a form that is not supported",
            "keep user and password in fields and out of the URL, and do not list it",
        )
    return "is no connection URL", "write it as scheme://user@host/name"


def _wrong_characters(found: re.Match[str]) -> tuple[str, str] | None:
    """What some parsers take for another character, or for the end of a part."""
    text = found.string
    rows = (
        (
            not re.fullmatch(r"[!-~]+", text) or "\\" in text,
            "has a space, a backslash, a control character or one that is not ASCII",
            "percent-encode it",
        ),
        (
            re.search(r"%(?![0-9A-Fa-f]{2})", text),
            "has a '%' without two hexadecimal digits",
            "write %25 for it",
        ),
        (
            found.end() != len(text),
            "has an '@' beside the one before the host",
            "write '@', '/' and '?' in a user, a password or an option as %40, %2F and %3F",
        ),
        (
            re.search(r"[][]", found["userinfo"] or ""),
            "has a bracket before the host",
            "write it as %5B or %5D",
        ),
        (
            re.search(r"[()=]", unquote(found["hosts"])),
            "has '(', ')' or '=' among its hosts",
            "write hosts as host:port, and user and password as options",
        ),
        (
            found["jdbc"] and "+" in (found["path"] or ""),
            "has a '+' in the database's name",
            "write it as %2B or, for a space, %20",
        ),
    )
    return next(((problem, do) for is_wrong, problem, do in rows if is_wrong), None)
