"""Giving an account the rights of another one, until they are the same."""

import logging

from rotators.mysql.account import Account
from rotators.mysql.accounts.catalog import AccountState, read_account
from rotators.mysql.connection import Connection
from rotators.mysql.error_numbers import ErrorNumber
from rotators.mysql.rights.changes import RightsChange, changes_between, told
from rotators.mysql.rights.grants import ALL, GRANT_OPTION, Kind, Right, Rights
from rotators.mysql.rights.tokens import tokenize
from shared.errors import TargetMismatch

LOG = logging.getLogger(f"rotation.{__name__}")

_GONE = (ErrorNumber.NO_SUCH_TABLE, ErrorNumber.BAD_FIELD_ERROR, ErrorNumber.SP_DOES_NOT_EXIST)
_NOT_GRANTED = (
    ErrorNumber.NONEXISTING_GRANT,
    ErrorNumber.NONEXISTING_TABLE_GRANT,
    ErrorNumber.NONEXISTING_PROC_GRANT,
)
# Asks what ALL PRIVILEGES are, by the number of names in what they are on.
_ALL_PRIVILEGES = {
    0: "SELECT privilege_type FROM information_schema.user_privileges WHERE grantee = %s",
    1: "SELECT privilege_type FROM information_schema.schema_privileges WHERE grantee = %s"
    " AND table_schema = %s",
    2: "SELECT privilege_type FROM information_schema.table_privileges WHERE grantee = %s"
    " AND table_schema = %s AND table_name = %s",
}
# One change may undo another: a role that goes takes its place among the default ones with it.
_PASSES = 8


def copy_rights(admin: Connection, state: AccountState, wanted: Rights) -> Rights:
    """Give the account the wanted rights and take all others, account options excepted.

    A right on a column or a routine that is gone is of no use, and cannot be given: left out.
    Returns the rights that it has then, with the wanted options, which are still to be set.
    Raises TargetMismatch where the server did not give it the same.
    """
    account, have = state.account, _without_options(state.rights)
    want = _without_options(wanted)
    options = wanted - want
    given: set[str] = set()
    for _ in range(_PASSES):
        if have == want:
            return have | options
        expanded = _expand_all_privileges(admin, account, have, want)
        changes = list(changes_between(expanded, want, mariadb=admin.mariadb))
        # What is given brings more along where some of the admin's own is revoked: look again
        # before anything is taken. What was given in vain has to be taken first.
        new = [change for change in changes if change.gives and change.statement not in given]
        given |= {change.statement for change in new}
        for change in new or changes:
            want -= _apply(admin, account, change)
        have = _without_options(read_account(admin, account).rights)
    if have == want:
        return have | options
    raise TargetMismatch(
        f"the server did not give {account} the same rights: {in_short(have ^ want)}",
        do=f"{told(account, have, want, mariadb=admin.mariadb)}; then rotate again",
        field="username",
    )


def in_short(rights: Rights) -> str:
    """Return the first of the rights, and how many more there are."""
    first, more = min(rights), len(rights) - 1
    return f"{first} and {more} more" if more else str(first)


def _without_options(rights: Rights) -> Rights:
    return frozenset(right for right in rights if right.kind is not Kind.OPTION)


def _apply(admin: Connection, account: Account, change: RightsChange) -> Rights:
    """Run the statement; returns those of its rights that cannot be given."""
    error = admin.run_as_admin(
        change.statement,
        account,
        errors=_GONE if change.gives else _NOT_GRANTED,
        missing_right=change.admin_right,
    )
    if error is None or not change.gives:
        return frozenset()
    if error == ErrorNumber.NO_SUCH_TABLE and not _on_columns(change):
        # MySQL takes such a right only together with the one to create the table.
        admin.run(change.statement.replace(" ON ", ", CREATE ON ", 1), *account)
        return frozenset()
    LOG.warning("left out, as it is on what is not there any more: %s", in_short(change.rights))
    return change.rights


def _on_columns(change: RightsChange) -> bool:
    return any("(" in right.what for right in change.rights)


def _expand_all_privileges(
    admin: Connection, account: Account, have: Rights, want: Rights
) -> Rights:
    """Return `have`, with ALL PRIVILEGES by their names where only some of them are to stay."""
    for right in have - want:
        some_stay = any(wanted.kind is Kind.PRIVILEGE and wanted.on == right.on for wanted in want)
        if right.what == ALL and some_stay:
            names = _all_privileges(admin, account, right.on)
            if names:
                have = (have - {right}) | {Right(Kind.PRIVILEGE, right.on, name) for name in names}
    return have


def _all_privileges(admin: Connection, account: Account, on: str) -> list[str]:
    """Return the names of what the account's ALL PRIVILEGES are; none for those on a routine."""
    names = [token.value for token in tokenize(on) if not token.is_word(".", "*")]
    query = _ALL_PRIVILEGES.get(len(names))
    if query is None:
        return []
    rows = admin.run(query, f"'{account.user}'@'{account.host}'", *names)
    return [str(row[0]) for row in rows if row[0] not in ("USAGE", GRANT_OPTION)]
