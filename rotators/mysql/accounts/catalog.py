"""An account as an administrator or its own user sees it: rights, marks, how it logs in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rotators.mysql.accounts.hashes import is_of
from rotators.mysql.connection import Account, Wire
from rotators.mysql.errors import NO_CATALOG, UNREADABLE
from rotators.mysql.passwords.mariadb import Entries, native_password_hash
from rotators.mysql.rights.grants import Kind, Rights, created, fingerprint, granted
from rotators.mysql.rights.tokens import Token, tokens
from shared.secret import Secret

Part: TypeAlias = Literal["clone", "original"]

# Passwords that this driver sends, and that CREATE USER takes.
PASSWORD_PLUGINS = ("caching_sha2_password", "sha256_password", "mysql_native_password")
# A right on a database that is not there: harmless, visible to the user itself, gone with it.
# A person adopts a user by giving it one without a fingerprint.
_MARK = re.compile(r"`rotation (clone|original)(?: ([0-9a-f]{40}))?`\.\*")
# Of an account in the making: nobody logs in as it, as nobody has such a certificate.
_MAKING = re.compile(r"SUBJECT '/CN=rotation (clone|original)()'")
_DENIED = (1044, 1045, 1142, 1227)


def mark_on(part: Part, digits: str = "") -> str:
    """The object that the mark is a right on, as SQL."""
    return f"`rotation {part} {digits}`.*" if digits else f"`rotation {part}`.*"


def making(part: Part) -> str:
    """What an account in the making REQUIREs, as SQL."""
    return f"SUBJECT '/CN=rotation {part}'"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands. `rights` are those without marks.

    How it logs in are the entries on MariaDB, the plugin with the hash of its password on MySQL.
    """

    account: Account
    rights: Rights
    marks: frozenset[tuple[Part, str]]  # with a fingerprint, which may be empty
    making: Part | None
    locked: bool
    entries: Entries
    plugin: str
    hashed: str

    @property
    def part(self) -> Part | None:
        """What of a pair it is, where anything shows it."""
        parts = {part for part, _ in self.marks} | {self.making}
        return "clone" if "clone" in parts else "original" if "original" in parts else None

    @property
    def has_password(self) -> bool:
        """Whether it logs in with a password of the kind that is rotated."""
        return self.plugin in PASSWORD_PLUGINS or bool(self.entries.native)

    @property
    def as_marked(self) -> bool:
        """Whether it can do exactly what its mark says it could."""
        return {digits for _, digits in self.marks} == {fingerprint(self.rights)}

    def accepts(self, password: Secret) -> bool:
        """Whether it is a password of the account."""
        return native_password_hash(password) in self.entries.native or (
            self.plugin in PASSWORD_PLUGINS and is_of(password, self.hashed)
        )


def read(wire: Wire, account: Account) -> Standing:
    """Raises Forbidden where this user may not look at the account."""
    grants = _show(wire, "SHOW GRANTS FOR %s@%s", *account)
    (text,) = _show(wire, "SHOW CREATE USER %s@%s", *account)
    parsed = tokens(text)
    try:
        (given, locked), (plugin, hashed) = created(parsed), _identified(parsed)
    except (ValueError, IndexError):
        unreadable = True
    else:
        unreadable = False
    if unreadable:
        raise UNREADABLE.error(str(account))
    every = granted(account, grants) | given
    if wire.mariadb:  # it goes on showing a default role that was revoked or dropped
        roles = {right.on for right in every if right.kind is Kind.ROLE}
        every -= {r for r in every if r.kind is Kind.DEFAULT_ROLE and r.on not in roles}
    marks = {right: _part(_MARK, right.on) for right in every}
    unmade = [_part(_MAKING, right.what) for right in given if right.on == "REQUIRE"]
    return Standing(
        account=account,
        rights=frozenset(right for right, mark in marks.items() if not mark),
        marks=frozenset(mark for mark in marks.values() if mark),
        making=unmade[0][0] if unmade and unmade[0] else None,
        locked=locked,
        entries=Entries(text if wire.mariadb else ""),
        plugin=plugin,
        hashed=hashed,
    )


def standings(wire: Wire, user: str) -> dict[str, Standing]:
    """All accounts of this user name, by host; on MariaDB without a role of the name."""
    rows = _show(wire, "SELECT host FROM mysql.user WHERE user = %s", user)
    accounts = [Account(user, host) for host in rows if host or not wire.mariadb]
    return {account.host: read(wire, account) for account in accounts}


def _part(pattern: re.Pattern[str], text: str) -> tuple[Part, str] | None:
    found = pattern.fullmatch(text)
    if found is None:
        return None
    return "clone" if found[1] == "clone" else "original", found[2] or ""


def _identified(shown: Sequence[Token]) -> tuple[str, str]:
    """Plugin and hash in MySQL's `CREATE USER ... IDENTIFIED WITH '...' AS '...'`."""
    starts = [i for i, token in enumerate(shown) if token.says("IDENTIFIED")]
    if len(starts) != 1:  # with more than one factor, a password does not let it in
        return "", ""
    _, how, plugin, *more = shown[starts[0] : starts[0] + 5]
    if not how.says("WITH"):
        return "", ""
    if not more[:1] or not more[0].says("AS"):
        return plugin.value, ""
    if more[1].kind == "word":  # in hexadecimal: no password would be known to be its
        raise ValueError
    # To who may not see it the server shows <secret>.
    return plugin.value, more[1].value if more[1].kind == "string" else ""


def _show(wire: Wire, statement: str, *values: str) -> list[str]:
    denied = dict.fromkeys(_DENIED, NO_CATALOG.error(f"mysql {wire.login.address}"))
    return [str(row[0]) for row in wire.run(statement, *values, otherwise=denied)]
