"""Reads an account, as an admin or its own user sees it: rights, marks, how it logs in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rotators.mysql.account import Account
from rotators.mysql.accounts.hashes import password_matches
from rotators.mysql.connection import AdminRight, Connection
from rotators.mysql.error_numbers import READING_DENIED
from rotators.mysql.errors import UNREADABLE, no_catalog
from rotators.mysql.passwords.entries import Entries
from rotators.mysql.rights.grants import Kind, Rights, fingerprint, parse_grants, parse_options
from rotators.mysql.rights.tokens import Token, tokenize
from shared.errors import RotationError
from shared.secret import Secret

Part: TypeAlias = Literal["clone", "original"]

# Passwords that this driver sends, and that CREATE USER takes.
PASSWORD_PLUGINS = ("caching_sha2_password", "sha256_password", "mysql_native_password")
# A right on a database that is not there: harmless, visible to the user itself, gone with it.
# A person adopts a user by giving it one without a fingerprint.
_MARK = re.compile(r"`rotation (clone|original)(?: ([0-9a-f]{40}))?`\.\*")
# Of an unfinished account: nobody logs in as it, as nobody has such a certificate.
_UNFINISHED = re.compile(r"SUBJECT '/CN=rotation (clone|original)()'")


def mark_object(part: Part, digits: str = "") -> str:
    """Return the object that the mark is a right on, as SQL."""
    return f"`rotation {part} {digits}`.*" if digits else f"`rotation {part}`.*"


def unfinished_requirement(part: Part) -> str:
    """Return what an account REQUIREs until it is whole, as SQL."""
    return f"SUBJECT '/CN=rotation {part}'"


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the server shows of an account.

    rights: those without marks.
    marks: part and fingerprint of each; one that a person gave has an empty fingerprint.
    unfinished: the part it is to be, where nobody can log in as it yet.
    entries: how it logs in, on MariaDB; empty on MySQL.
    plugin, password_hash: how it logs in, on MySQL; empty on MariaDB.
    """

    account: Account
    rights: Rights
    marks: frozenset[tuple[Part, str]]
    unfinished: Part | None
    locked: bool
    entries: Entries
    plugin: str
    password_hash: str

    @property
    def part(self) -> Part | None:
        """Which of the two it is, clone or original, where anything shows it."""
        parts = {part for part, _ in self.marks} | {self.unfinished}
        return "clone" if "clone" in parts else "original" if "original" in parts else None

    @property
    def has_password(self) -> bool:
        """Whether it logs in with a password of the kind that is rotated."""
        return self.plugin in PASSWORD_PLUGINS or bool(self.entries.passwords)

    @property
    def matches_mark(self) -> bool:
        """Whether it can do exactly what its mark says it could."""
        return {digits for _, digits in self.marks} == {fingerprint(self.rights)}

    def accepts(self, password: Secret) -> bool:
        """Whether it is a password of the account."""
        return self.entries.accept(password) or (
            self.plugin in PASSWORD_PLUGINS and password_matches(password, self.password_hash)
        )


def read_account(connection: Connection, account: Account) -> AccountState:
    """Return the account's state.

    Raises Forbidden where this user may not look at the account, and Misconfigured where what
    the server shows cannot be read.
    """
    grants = show(connection, "SHOW GRANTS FOR %s@%s", *account)
    (created,) = show(connection, "SHOW CREATE USER %s@%s", *account)
    shown = tokenize(created)
    try:
        (options, locked), (plugin, password_hash) = parse_options(shown), _plugin_and_hash(shown)
    except (ValueError, IndexError):
        unreadable = True
    else:
        unreadable = False
    if unreadable:  # raised here, so that it has no context
        raise UNREADABLE.error(str(account))
    rights = parse_grants(account, grants) | options
    if connection.mariadb:
        rights = _without_stale_default_roles(rights)
    mark_of = {right: _part_and_digits(_MARK, right.on) for right in rights}
    return AccountState(
        account=account,
        rights=frozenset(right for right, mark in mark_of.items() if not mark),
        marks=frozenset(mark for mark in mark_of.values() if mark),
        unfinished=_unfinished_part(options),
        locked=locked,
        entries=Entries(created if connection.mariadb else ""),
        plugin=plugin,
        password_hash=password_hash,
    )


def read_accounts(connection: Connection, user: str) -> dict[str, AccountState]:
    """Return all accounts of this user name by host, on MariaDB without a role of the name.

    Raises as `read_account`.
    """
    rows = show(connection, "SELECT host FROM mysql.user WHERE user = %s", user)
    accounts = [Account(user, host) for host in rows if host or not connection.mariadb]
    return {account.host: read_account(connection, account) for account in accounts}


def _without_stale_default_roles(rights: Rights) -> Rights:
    """Leave out default roles that were revoked or dropped, which MariaDB goes on showing."""
    roles = {right.on for right in rights if right.kind is Kind.ROLE}
    return frozenset(
        right for right in rights if right.kind is not Kind.DEFAULT_ROLE or right.on in roles
    )


def _unfinished_part(options: Rights) -> Part | None:
    for option in options:
        if option.on == "REQUIRE" and (found := _part_and_digits(_UNFINISHED, option.what)):
            return found[0]
    return None


def _part_and_digits(pattern: re.Pattern[str], text: str) -> tuple[Part, str] | None:
    found = pattern.fullmatch(text)
    if found is None:
        return None
    return "clone" if found[1] == "clone" else "original", found[2] or ""


def _plugin_and_hash(created: Sequence[Token]) -> tuple[str, str]:
    """Read MySQL's `CREATE USER ... IDENTIFIED WITH 'plugin' AS 'hash'`; empty where not shown.

    Raises ValueError for a hash in hexadecimal, which no password would be known to match.
    """
    starts = [i for i, token in enumerate(created) if token.is_word("IDENTIFIED")]
    if len(starts) != 1:  # with more than one factor, a password does not let it in
        return "", ""
    _, how, plugin, *more = created[starts[0] : starts[0] + 5]
    if not how.is_word("WITH"):
        return "", ""
    if not more[:1] or not more[0].is_word("AS"):
        return plugin.value, ""
    if more[1].kind == "word":
        raise ValueError
    # To who may not see it the server shows <secret>.
    return plugin.value, more[1].value if more[1].kind == "string" else ""


def show(connection: Connection, statement: str, *values: str) -> list[str]:
    """Return the first column of the rows; raises Forbidden where the catalog may not be read."""
    grant = AdminRight("SELECT ON mysql.*").grant_to(connection.effective_account)
    denied: dict[int, RotationError] = dict.fromkeys(
        READING_DENIED, no_catalog(connection.login, grant)
    )
    return [str(row[0]) for row in connection.run(statement, *values, otherwise=denied)]
