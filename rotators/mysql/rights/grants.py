"""What an account may do, as a set that can be compared, hashed and followed.

Read from SHOW GRANTS and SHOW CREATE USER: any account sees its own there, and an administrator
those of others. Names stay as the server wrote them, so that they can be sent back as they are.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from rotators.mysql.connection import Account
from rotators.mysql.errors import UNREADABLE
from rotators.mysql.rights.tokens import Token, spelled, split, tokens

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
    """One of them: `SELECT (`a`)` on `db`.`t`; a role, with or without its admin option."""

    kind: Kind
    on: str
    what: str = ""

    def __str__(self) -> str:
        on = "ON" if self.kind in (Kind.PRIVILEGE, Kind.DYNAMIC, Kind.RESTRICTION) else ""
        return " ".join(part for part in (self.kind, self.what, on, self.on) if part)


Rights: TypeAlias = frozenset[Right]

# Not a right: what it is identified by, and remarks.
_IGNORED = {"IDENTIFIED", "ATTRIBUTE", "COMMENT", "ACCOUNT LOCK", "ACCOUNT UNLOCK"}
# What an account has that was given nothing else.
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
    """40 hexadecimal digits that no other set of rights has."""
    return hashlib.sha256(json.dumps(sorted(rights)).encode()).hexdigest()[:40]


def granted(account: Account, lines: Iterable[str]) -> Rights:
    """The rights in what SHOW GRANTS answered, those of a role or of PUBLIC left out."""
    try:
        return frozenset(right for line in lines for right in _line(account, tokens(line)))
    except (ValueError, IndexError):
        pass
    raise UNREADABLE.error(str(account))


def _line(account: Account, line: list[Token]) -> Iterator[Right]:
    verb, rest = line[0], line[1:]
    if verb.says("SET"):  # MariaDB: SET DEFAULT ROLE `r` FOR `u`@`h`
        role, grantee = split(rest[2:], "FOR")
        if _is(account, grantee):
            yield Right(Kind.DEFAULT_ROLE, spelled(role))
        return
    given, after = split(rest, "TO" if verb.says("GRANT") else "FROM")
    if not _is(account, after):
        return
    said = {token.text for token in after if token.kind == "word"}
    option = "OPTION" in said and ("GRANT" in said or "ADMIN" in said)
    what, *where = split(given, "ON")
    if not where:
        for role in split(what, ","):
            yield Right(Kind.ROLE, spelled(role), "WITH ADMIN OPTION" if option else "")
    elif what[0].says("PROXY"):
        yield Right(Kind.PROXY, spelled(where[0]), "WITH GRANT OPTION" if option else "")
    else:
        on = spelled(token for token in where[0] if not token.says("TABLE"))
        yield from _privileges(verb, what, on, option=option)


def _privileges(verb: Token, what: list[Token], on: str, *, option: bool) -> Iterator[Right]:
    listed = split(what, ",")
    if verb.says("REVOKE"):
        yield from (Right(Kind.RESTRICTION, on, spelled(each)) for each in listed)
    elif on == EVERYWHERE and all("_" in each[0].text for each in listed):
        wide = " WITH GRANT OPTION" if option else ""
        yield from (Right(Kind.DYNAMIC, on, spelled(each) + wide) for each in listed)
    else:
        for each in listed:
            for privilege in _by_column(each):
                if privilege != "USAGE":
                    yield Right(Kind.PRIVILEGE, on, privilege)
        if option:
            yield Right(Kind.PRIVILEGE, on, GRANT_OPTION)


def _by_column(privilege: list[Token]) -> Iterator[str]:
    name, _, columns = _partition(privilege, "(")
    if not columns:
        yield spelled(name)
    for column in split(columns[:-1], ","):
        if column:
            yield f"{spelled(name)} ({spelled(column)})"


def _partition(those: list[Token], at: str) -> tuple[list[Token], bool, list[Token]]:
    for i, token in enumerate(those):
        if token.says(at):
            return those[:i], True, those[i + 1 :]
    return those, False, []


def _is(account: Account, grantee: Sequence[Token]) -> bool:
    user, *rest = grantee
    host = rest[1].value if len(rest) > 1 and rest[0].says("@") else ""
    return (user.value, host) == account


def created(account: list[Token]) -> tuple[Rights, bool]:
    """The options in what SHOW CREATE USER answered, default roles too; and if it is locked."""
    found: set[Right] = set()
    clauses = [(spelled(key), value) for key, value in _clauses(account)]
    for key, value in clauses:
        if key == "DEFAULT ROLE":
            found |= {Right(Kind.DEFAULT_ROLE, spelled(role)) for role in split(value, ",")}
        elif key not in _IGNORED:
            text = spelled(value)
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


def _clauses(account: list[Token]) -> Iterator[tuple[list[Token], list[Token]]]:
    """Each clause's key and value; the longest key wins, so that REQUIRE is not taken twice."""
    starts: list[tuple[int, int]] = []
    i = 0
    while i < len(account):
        length = max((_at(account, i, key) for key in _KEYS), default=0)
        if length:
            starts.append((i, length))
        i += length or 1
    if not starts:  # MariaDB, of an account without a password
        return
    for (start, length), (end, _) in zip(starts, [*starts[1:], (len(account), 0)], strict=True):
        value = account[start + length : end]
        if value and value[-1].says("WITH"):  # of the limits that follow
            value = value[:-1]
        yield account[start : start + length], value


def _at(account: list[Token], i: int, key: str) -> int:
    words = key.split()
    fits = [
        token.says(word) for token, word in zip(account[i : i + len(words)], words, strict=False)
    ]
    return len(words) if len(fits) == len(words) and all(fits) else 0
