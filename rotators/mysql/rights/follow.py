"""Giving an account the rights of another one, until they are the same."""

import logging

from rotators.mysql.accounts.catalog import Standing, read
from rotators.mysql.connection import Account, Wire
from rotators.mysql.rights.changes import Change, changes
from rotators.mysql.rights.grants import ALL, GRANT_OPTION, Kind, Right, Rights
from rotators.mysql.rights.tokens import tokens
from shared.errors import TargetMismatch

LOG = logging.getLogger(f"rotation.{__name__}")

_NO_TABLE = 1146
_NO_PART = (1054, 1305)  # a column, a routine
_NOT_GRANTED = (1141, 1147, 1403)
# What ALL PRIVILEGES are, for each number of names in what they are on.
_EVERY = {
    0: "SELECT privilege_type FROM information_schema.user_privileges WHERE grantee = %s",
    1: "SELECT privilege_type FROM information_schema.schema_privileges WHERE grantee = %s"
    " AND table_schema = %s",
    2: "SELECT privilege_type FROM information_schema.table_privileges WHERE grantee = %s"
    " AND table_schema = %s AND table_name = %s",
}
# One change may undo another: a role that goes takes its place among the default ones with it.
_PASSES = 5


def follow(by: Wire, standing: Standing, want: Rights) -> Rights:
    """Give the account these rights, options excepted; what it has then, with those options.

    A right on a column or a routine that is gone is of no use, and cannot be given: left out.
    """
    account, have = standing.account, _plain(standing.rights)
    options, want = want - _plain(want), _plain(want)
    for _ in range(_PASSES):
        if have == want:
            return have | options
        for change in changes(_spelled_out(by, account, have, want), want, mariadb=by.mariadb):
            want -= _carry_out(by, account, change)
        have = _plain(read(by, account).rights)
    if have == want:
        return have | options
    raise TargetMismatch(
        f"the server did not give {account} the same rights: {sample(have ^ want)}",
        do="GRANT or REVOKE it for both users, and rotate again",
        field="username",
    )


def sample(rights: Rights) -> str:
    """The first of them, and how many more there are."""
    first, more = min(rights), len(rights) - 1
    return f"{first} and {more} more" if more else str(first)


def _plain(rights: Rights) -> Rights:
    return frozenset(right for right in rights if right.kind is not Kind.OPTION)


def _carry_out(by: Wire, account: Account, change: Change) -> Rights:
    """Run the statement; those of its rights that cannot be given."""
    among = (_NO_TABLE, *_NO_PART) if change.gives else _NOT_GRANTED
    refused = by.order(change.statement, account, among=among, needs=change.needs)
    if refused == _NO_TABLE and not _on_columns(change):
        # MySQL takes such a right only together with the one to create the table.
        by.run(change.statement.replace(" ON ", ", CREATE ON ", 1), *account)
        return frozenset()
    if refused and change.gives:
        LOG.warning("left out, as it is on what is not there any more: %s", sample(change.rights))
        return change.rights
    return frozenset()


def _on_columns(change: Change) -> bool:
    return any("(" in right.what for right in change.rights)


def _spelled_out(by: Wire, account: Account, have: Rights, want: Rights) -> Rights:
    """The same, with each privilege by its name where only some of ALL PRIVILEGES are to stay."""
    for right in have - want:
        stay = any(w.kind is Kind.PRIVILEGE and w.on == right.on for w in want)
        if right.what == ALL and stay:
            each = {Right(Kind.PRIVILEGE, right.on, what) for what in _every(by, account, right.on)}
            if each:
                have = (have - {right}) | each
    return have


def _every(by: Wire, account: Account, on: str) -> list[str]:
    place = [token.value for token in tokens(on) if not token.says(".", "*")]
    query = _EVERY.get(len(place))
    if query is None:  # of a routine
        return []
    rows = by.run(query, f"'{account.user}'@'{account.host}'", *place)
    return [str(row[0]) for row in rows if row[0] not in ("USAGE", GRANT_OPTION)]
