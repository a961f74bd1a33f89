"""The options of a connection URL: which are its user and password, and what the others say.

Sources: the parameters of libpq, pgjdbc, node-postgres, PyMySQL, mysqlclient, MySQL's and MariaDB's
connectors and mysql2, some of which have several names for one thing.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

_SHAPE = re.compile(r"(?<=[?&])(?P<key>[^&=]*)=?(?P<value>[^&]*)")
LOGIN = ("user", "password")
# Other names that some drivers have for these, or for further factors beside the password.
_ALIASES = {
    *("username", "userid", "uid", "usr", "login"),
    *("passwd", "pass", "pwd", "pw", "password1", "password2", "password3", "passwordsha1"),
}
# By these some drivers go elsewhere than the rest of the URL says.
HOSTS = {"host", "hostname", "hostaddr", "service", "socket", "unix_socket", "localsocket"}
NAMES = {"dbname", "database", "db"}


class Option(NamedTuple):
    """key: as the most lenient of parsers takes it. start, end: where its value is in the URL."""

    key: str
    written: str
    value: str
    start: int
    end: int


def read_options(text: str, start: int, end: int) -> Sequence[Option]:
    """Those between two places of a URL: none where the first is negative."""
    found = _SHAPE.finditer(text, start, end) if start >= 0 else ()
    return [
        Option(_plain(each["key"]), each["key"], each["value"], *each.span("value"))
        for each in found
    ]


def wrong_login(options: Sequence[Option]) -> tuple[str, str] | None:
    """What is wrong with the user or the password among them, and what to do."""
    keys = [each.key for each in options]
    for key, written, *_ in options:
        if re.sub(r"[\W_]", "", key) in _ALIASES:
            return (
                "has an option that some drivers take for the user or a password",
                "write it as the option user or password",
            )
        if key in LOGIN and written != key:
            return f"has the option '{key}' in other letters", "write it in small ones"
        if key in LOGIN and keys.count(key) > 1:
            return f"has the option '{key}' twice", "keep one"
    return None


def other_values(options: Sequence[Option]) -> Collection[str]:
    """What those beside user and password have: raw, and as each driver decodes it."""
    raw = {each.value for each in options if each.key not in LOGIN}
    raw |= {each.replace("+", " ") for each in raw}
    return tuple(raw | {unquote(each) for each in raw})  # what is looked for may be any JSON


def _plain(key: str) -> str:
    return unquote_to_bytes(key).decode(errors="replace").lower()
