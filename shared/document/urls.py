"""One connection URL: what it holds, and itself again with another user and password.

What two of the parsers that applications use would read differently is refused.
Sources: RFC 3986; PostgreSQL documentation, "Connection URIs"; the drivers' own, on JDBC URLs.
Drivers percent-decode user and password, but for some JDBC drivers: see `Url.is_plain`.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import quote, unquote_to_bytes

from shared.document.options import (
    HOSTS,
    LOGIN,
    NAMES,
    Option,
    other_values,
    read_options,
    wrong_login,
)
from shared.document.shape import shape_of
from shared.errors import MalformedSecret

_HOST = re.compile(r"(?:\[(?P<address>[^][]*)\]|(?P<name>[^][:]*))(?::(?P<port>[^][:]*))?")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")


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
    has_port: whether it names any port. options: the values of its other options, raw and decoded.
    name: the field that it stands in. is_jdbc: whether JDBC drivers read it.
    """

    text: str = field(repr=False)
    name: str
    is_jdbc: bool
    engine: str
    host: str | None
    port: str | None
    dbname: str | None
    has_port: bool
    options: Collection[str] = field(repr=False)
    users: tuple[_Part, ...]
    passwords: tuple[_Part, ...]

    @property
    def is_plain(self) -> bool:
        """Whether a driver that decodes nothing finds the same user and password."""
        parts = (*self.users, *self.passwords)
        return all(_UNRESERVED.fullmatch(self.text[part.start : part.end]) for part in parts)

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
        found = shape_of(self.text)
        if isinstance(found, tuple):
            self._refuse(*found)
        users, passwords = self._login(found)
        return Url(
            self.text,
            self.name,
            bool(found["jdbc"]),
            found["engine"],
            *self._place(found),
            other_values(self._options(found)),
            users,
            passwords,
        )

    def _login(self, found: re.Match[str]) -> tuple[tuple[_Part, ...], tuple[_Part, ...]]:
        """Return the users and the passwords, each as often as it stands there."""
        parts: dict[str, list[_Part]] = {"user": [], "password": []}
        for key, start, end in self._spans(found):
            raw = self.text[start:end]
            if not raw:
                self._refuse(f"has an empty {key}", "leave it out, or give it")
            if "+" in raw:
                self._refuse(f"has a '+' in its {key}", "write it as %2B or, for a space, %20")
            parts[key].append(_Part(start, end, self._decoded(raw)))
            if parts[key][-1].value != parts[key][0].value:
                self._refuse(f"has a {key} before the host and another one behind", "keep one")
        if not any(parts.values()):
            self._refuse("has neither a user nor a password", "add them, or do not list it")
        return tuple(parts["user"]), tuple(parts["password"])

    def _spans(self, found: re.Match[str]) -> Iterator[tuple[str, int, int]]:
        """Each user and password: which, and where it begins and ends."""
        if found["userinfo"] is not None:
            start, end = found.span("userinfo")
            user, colon, _ = found["userinfo"].partition(":")
            yield "user", start, start + len(user)
            if colon:
                yield "password", start + len(user) + 1, end
        wrong = wrong_login(self._options(found))
        if wrong:
            self._refuse(*wrong)
        for option in self._options(found):
            if option.key in LOGIN:
                yield option.key, option.start, option.end

    def _options(self, found: re.Match[str]) -> Sequence[Option]:
        return read_options(self.text, *found.span("query"))

    def _place(self, found: re.Match[str]) -> tuple[str | None, str | None, str | None, bool]:
        """Return the host, the port, the name of the database, and whether there is any port."""
        hosts = [_HOST.fullmatch(each) for each in found["hosts"].split(",")]
        if not all(hosts):
            self._refuse("has no host", "write it as host:port, with an IPv6 address in brackets")
        keys = {option.key for option in self._options(found)}
        has_port = "port" in keys or any(each["port"] for each in hosts if each)
        dbname = None if keys & NAMES else self._decoded(found["path"] or "") or None
        host = hosts[0]
        if host is None or len(hosts) > 1 or keys & HOSTS:
            return None, None, dbname, has_port
        port = None if "port" in keys else host["port"] or None
        return host["address"] or host["name"] or None, port, dbname, has_port

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
