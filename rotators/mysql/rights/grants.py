"""What an account may do, as a set that can be compared, hashed and copied.

Read from SHOW GRANTS and SHOW CREATE USER: any account sees its own there, and an administrator
those of others. Names stay as the server wrote them, so that they can be sent back as they are.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from rotators.mysql.account import Account
from rotators.mysql.errors import UNREADABLE
from rotators.mysql.rights.tokens import Token, split_at, to_sql, tokenize

ALL = "ALL PRIVILEGES"
GRANT_OPTION = "GRANT OPTION"
EVERYWHERE = "*.*"


class Kind(StrEnum):
    """What a right is, in the words of a message."""

    PRIVILEGE = "privilege"
    DYNAMIC = "dynamic privilege"  # MySQL's, each with a GRANT OPTION of its own
    RESTRICTION = "partial revoke"
    PROXY = "PROXY"
    ROLE = "role"
    DEFAULT_ROLE = "default role"
    OPTION = "account option"


class Right(NamedTuple):
    """What an account was given, in SQL of the server's own.

    A privilege: its name, maybe with a column, `on` its objects. A role or proxied account: `on` is
    its name, `what` its admin or grant option, or nothing. An account option: `what` is its value.
    """

    kind: Kind
    on: str
    what: str = ""

    def __str__(self) -> str:
        on = "ON" if self.kind in (Kind.PRIVILEGE, Kind.DYNAMIC, Kind.RESTRICTION) else ""
        return " ".join(part for part in (self.kind, self.what, on, self.on) if part)


Rights: TypeAlias = frozenset[Right]

# Clauses of CREATE USER that are no right: how it logs in, and remarks.
_IGNORED = {"IDENTIFIED", "ATTRIBUTE", "COMMENT", "ACCOUNT LOCK", "ACCOUNT UNLOCK"}
# What an account has that was given nothing else, in the order of the grammar of ALTER USER.
DEFAULTS = {
    "REQUIRE": "NONE",
    "PASSWORD EXPIRE": "DEFAULT",
    "PASSWORD HISTORY": "DEFAULT",
    "PASSWORD REUSE INTERVAL": "DEFAULT",
    "PASSWORD REQUIRE CURRENT": "DEFAULT",
    "FAILED_LOGIN_ATTEMPTS": "0",
    "PASSWORD_LOCK_TIME": "0",
    "MAX_QUERIES_PER_HOUR": "0",
    "MAX_UPDATES_PER_HOUR": "0",
    "MAX_CONNECTIONS_PER_HOUR": "0",
    "MAX_USER_CONNECTIONS": "0",
    "MAX_STATEMENT_TIME": "0",
}


def fingerprint(rights: Rights) -> str:
    """Return 40 hexadecimal digits that no other set of rights has."""
    return hashlib.sha256(json.dumps(sorted(rights)).encode()).hexdigest()[:40]


def parse_grants(account: Account, lines: Iterable[str]) -> Rights:
    """Return the rights in what SHOW GRANTS answered, but for those of a role or of PUBLIC.

    Raises Misconfigured where it cannot be read.
    """
    try:
        return frozenset(right for line in lines for right in _parse_grant(account, tokenize(line)))
    except (ValueError, IndexError):
        pass
    raise UNREADABLE.error(str(account))


def _parse_grant(account: Account, line: list[Token]) -> Iterator[Right]:
    verb, rest = line[0], line[1:]
    if verb.is_word("SET"):  # MariaDB: SET DEFAULT ROLE `r` FOR `u`@`h`
        role, grantee = split_at(rest[2:], "FOR")
        if _is_grantee(account, grantee):
            yield Right(Kind.DEFAULT_ROLE, to_sql(role))
        return
    given, after = split_at(rest, "TO" if verb.is_word("GRANT") else "FROM")
    if not _is_grantee(account, after):
        return
    words = {token.text for token in after if token.kind == "word"}
    option = "OPTION" in words and ("GRANT" in words or "ADMIN" in words)
    what, *where = split_at(given, "ON")
    if not where:
        for role in split_at(what, ","):
            yield Right(Kind.ROLE, to_sql(role), "WITH ADMIN OPTION" if option else "")
    elif what[0].is_word("PROXY"):
        yield Right(Kind.PROXY, to_sql(where[0]), "WITH GRANT OPTION" if option else "")
    else:
        on = to_sql(token for token in where[0] if not token.is_word("TABLE"))
        yield from _privileges(verb, what, on, option=option)


def _privileges(verb: Token, what: list[Token], on: str, *, option: bool) -> Iterator[Right]:
    listed = split_at(what, ",")
    if verb.is_word("REVOKE"):
        yield from (Right(Kind.RESTRICTION, on, to_sql(name)) for name in listed)
    elif on == EVERYWHERE and all("_" in name[0].text for name in listed):
        suffix = " WITH GRANT OPTION" if option else ""
        yield from (Right(Kind.DYNAMIC, on, to_sql(name) + suffix) for name in listed)
    else:
        for one in listed:
            for privilege in _by_column(one):
                if privilege != "USAGE":
                    yield Right(Kind.PRIVILEGE, on, privilege)
        if option:
            yield Right(Kind.PRIVILEGE, on, GRANT_OPTION)


def _by_column(privilege: list[Token]) -> Iterator[str]:
    """Yield `SELECT`, or `SELECT (a)` and `SELECT (b)` of `SELECT (a, b)`."""
    name, columns = _before_and_after(privilege, "(")
    if not columns:
        yield to_sql(name)
    for column in split_at(columns[:-1], ","):
        if column:
            yield f"{to_sql(name)} ({to_sql(column)})"


def _before_and_after(tokens: list[Token], sign: str) -> tuple[list[Token], list[Token]]:
    for i, token in enumerate(tokens):
        if token.is_word(sign):
            return tokens[:i], tokens[i + 1 :]
    return tokens, []


def _is_grantee(account: Account, grantee: Sequence[Token]) -> bool:
    user, *rest = grantee
    host = rest[1].value if len(rest) > 1 and rest[0].is_word("@") else ""
    return (user.value, host) == account


def parse_options(created: list[Token]) -> tuple[Rights, bool]:
    """Read what SHOW CREATE USER answered.

    Returns the account's options with its default roles, and whether it is locked. Raises
    ValueError or IndexError where it cannot be read.
    """
    found: set[Right] = set()
    clauses = [(to_sql(key), value) for key, value in _clauses(created)]
    for key, value in clauses:
        if key == "DEFAULT ROLE":
            found |= {Right(Kind.DEFAULT_ROLE, to_sql(role)) for role in split_at(value, ",")}
        elif key not in _IGNORED:
            text = to_sql(value)
            if key == "PASSWORD EXPIRE" and not text:  # it has expired, which is no rule
                continue
            if DEFAULTS.get(key) != text:
                found.add(Right(Kind.OPTION, key, text))
    return frozenset(found), any(key == "ACCOUNT LOCK" for key, _ in clauses)


_KEYS = (
    "IDENTIFIED",
    "DEFAULT ROLE",
    "REQUIRE",
    "ACCOUNT LOCK",
    "ACCOUNT UNLOCK",
    "PASSWORD EXPIRE",
    "PASSWORD HISTORY",
    "PASSWORD REUSE INTERVAL",
    "PASSWORD REQUIRE CURRENT",
    "ATTRIBUTE",
    "COMMENT",
    *(key for key in DEFAULTS if "_" in key),
)


def _clauses(created: list[Token]) -> Iterator[tuple[list[Token], list[Token]]]:
    """Yield each clause's key and value.

    The longest key wins, so that PASSWORD REQUIRE CURRENT is not taken for a REQUIRE.
    """
    starts: list[tuple[int, int]] = []
    i = 0
    while i < len(created):
        length = max((_key_length(created, i, key) for key in _KEYS), default=0)
        if length:
            starts.append((i, length))
        i += length or 1
    if not starts:  # MariaDB, of an account without a password
        return
    for (start, length), (end, _) in zip(starts, [*starts[1:], (len(created), 0)], strict=True):
        value = created[start + length : end]
        if value and value[-1].is_word("WITH"):  # of the limits that follow
            value = value[:-1]
        yield created[start : start + length], value


def _key_length(created: list[Token], start: int, key: str) -> int:
    """Return the number of words of the key if it stands there, else 0."""
    words = key.split()
    tokens = created[start : start + len(words)]
    found = len(tokens) == len(words) and all(
        token.is_word(word) for token, word in zip(tokens, words, strict=True)
    )
    return len(words) if found else 0
