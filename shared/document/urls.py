"""One connection URL: what it holds, and itself again with another user and password.

What two of the parsers that applications use would read differently is refused.
Sources: RFC 3986; PostgreSQL documentation, "Connection URIs"; the drivers' own, on JDBC URLs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import quote, unquote_to_bytes

from shared.errors import MalformedSecret

_SHAPE = re.compile(
    r"(?P<jdbc>jdbc:(?:aws-wrapper:)?)?(?P<engine>[a-z][a-z0-9.-]*)(?:\+[a-z0-9_]+)?://"
    r"(?:(?P<userinfo>[^@/?#]*)@)?(?P<hosts>[^@/?#]*)"
    r"(?:/(?P<path>[^@?#]*))?(?:\?(?P<query>[^@#]*))?(?P<fragment>#[^@]*)?"
)
_HOST = re.compile(r"(?:\[(?P<address>[^][]*)\]|(?P<name>[^][:]*))(?::(?P<port>[^][:]*))?")
_OPTION = re.compile(r"(?<=[?&])(?P<key>[^&=]*)=?(?P<value>[^&]*)")
_LOGIN = ("user", "password")
# Options by which some drivers go elsewhere than the rest of the URL says.
_ELSEWHERE = {"host", "hostaddr", "port", "dbname", "database", "service", "socket", "unix_socket"}


@dataclass(frozen=True, slots=True)
class _Part:
    """A user or a password, and where it stands in the URL."""

    start: int
    end: int
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Url:
    """What a connection URL holds, percent-decoded; None for what it does not say.

    engine: its scheme, without `jdbc:` and without a driver.
    host, port: None also where it names several hosts, or says them in its query.
    """

    text: str = field(repr=False)
    engine: str
    host: str | None
    port: str | None
    dbname: str | None
    users: tuple[_Part, ...]
    passwords: tuple[_Part, ...]

    @property
    def username(self) -> str | None:
        """The user."""
        return self.users[0].value if self.users else None

    @property
    def password(self) -> str | None:
        """The user's password."""
        return self.passwords[0].value if self.passwords else None

    def with_login(self, username: str, password: str) -> str:
        """The URL with these in place of those that it has; every other byte stays."""
        parts = [(part, username) for part in self.users]
        parts += [(part, password) for part in self.passwords]
        text = self.text
        for part, value in sorted(parts, key=lambda each: -each[0].start):
            if value != part.value:
                text = text[: part.start] + quote(value, safe="") + text[part.end :]
        return text


def read_url(text: str, *, name: str, of: str) -> Url:
    """Raises MalformedSecret, never with anything of the URL.

    name: the field that it stands in; of: what messages call the secret.
    """
    return _Reader(text, name, of).url()


@dataclass(frozen=True, slots=True)
class _Reader:
    text: str = field(repr=False)
    name: str
    of: str

    def url(self) -> Url:
        found = _SHAPE.match(self.text)
        if found is None:
            self._refuse("is no connection URL", "write it as scheme://user@host/name")
        self._check_characters(found)
        users, passwords = self._login(found)
        return Url(self.text, found["engine"], *self._place(found), users, passwords)

    def _check_characters(self, found: re.Match[str]) -> None:
        """Raise for what some parsers take for another character, or for the end of a part."""
        if not re.fullmatch(r"[!-~]+", self.text) or "\\" in self.text:
            self._refuse(
                "has a space, a backslash, a control character or one that is not ASCII",
                "percent-encode it",
            )
        if re.search(r"%(?![0-9A-Fa-f]{2})", self.text):
            self._refuse("has a '%' without two hexadecimal digits", "write %25 for it")
        if found.end() != len(self.text):
            self._refuse(
                "has an '@' beside the one before the host",
                "write '@', '/', '?' and '#' in a user, a password or an option as %40, %2F, %3F "
                "and %23",
            )
        if re.search(r"[][]", found["userinfo"] or ""):
            self._refuse("has a bracket before the host", "write it as %5B or %5D")
        if found["jdbc"] and "+" in (found["path"] or ""):
            self._refuse("has a '+' in the database's name", "write it as %2B or, for a space, %20")

    def _login(self, found: re.Match[str]) -> tuple[tuple[_Part, ...], tuple[_Part, ...]]:
        """Return the users and the passwords, each as often as it stands there."""
        parts: dict[str, list[_Part]] = {"user": [], "password": []}
        for key, start, end, plus in self._spans(found):
            value = self._decoded(self.text[start:end].replace("+", plus))
            if not value:
                self._refuse(f"has an empty {key}", "leave it out, or give it")
            parts[key].append(_Part(start, end, value))
            if value != parts[key][0].value:
                self._refuse(f"has a {key} before the host and another one behind", "keep one")
        if not any(parts.values()):
            self._refuse("has neither a user nor a password", "add them, or do not list it")
        return tuple(parts["user"]), tuple(parts["password"])

    def _spans(self, found: re.Match[str]) -> Iterator[tuple[str, int, int, str]]:
        """Each user and password: which, where it begins and ends, and what `+` is there."""
        if found["userinfo"] is not None:
            start, end = found.span("userinfo")
            user, colon, _ = found["userinfo"].partition(":")
            yield "user", start, start + len(user), "+"
            if colon:
                yield "password", start + len(user) + 1, end, "+"
        options = [each for each in self._options(found) if _plain(each["key"]) in _LOGIN]
        for each in options:
            key = _plain(each["key"])
            if each["key"] != key:
                self._refuse(f"has the option '{key}' in other letters", "write it in small ones")
            if [_plain(other["key"]) for other in options].count(key) > 1:
                self._refuse(f"has the option '{key}' twice", "keep one")
            if found["fragment"] is not None:
                self._refuse(f"has a '#' behind the option '{key}'", "write it as %23")
            yield key, *each.span("value"), " " if found["jdbc"] else "+"

    def _options(self, found: re.Match[str]) -> Iterator[re.Match[str]]:
        start, end = found.span("query")
        return _OPTION.finditer(self.text, start, end) if start >= 0 else iter(())

    def _place(self, found: re.Match[str]) -> tuple[str | None, str | None, str | None]:
        """Return the host, the port and the name of the database."""
        hosts = [_HOST.fullmatch(each) for each in found["hosts"].split(",")]
        if not all(hosts):
            self._refuse("has no host", "write it as host:port, with an IPv6 address in brackets")
        if any(_plain(option["key"]) in _ELSEWHERE for option in self._options(found)):
            return None, None, None
        dbname = self._decoded(found["path"] or "") or None
        host = hosts[0]
        if host is None or len(hosts) > 1:
            return None, None, dbname
        return host["address"] or host["name"] or None, host["port"] or None, dbname

    def _decoded(self, raw: str) -> str:
        try:
            value = unquote_to_bytes(raw).decode()
        except UnicodeDecodeError:
            value = "\0"
        if "\0" in value:
            self._refuse("has percent escapes that are no text in UTF-8", "correct them")
        return value

    def _refuse(self, problem: str, do: str) -> NoReturn:
        raise MalformedSecret(
            f"field '{self.name}' of {self.of} {problem}", do=f"{do}, in {self.of}", field=self.name
        )


def _plain(key: str) -> str:
    """An option's name as the most lenient of parsers takes it."""
    return unquote_to_bytes(key).decode(errors="replace").lower()
