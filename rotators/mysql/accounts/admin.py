"""What an admin does to one account of a pair, other than changing its rights."""

from collections.abc import Sequence

from rotators.mysql.account import Account
from rotators.mysql.accounts.catalog import (
    PASSWORD_PLUGINS,
    AccountState,
    Part,
    mark_object,
    read_account,
    read_accounts,
    unfinished_requirement,
)
from rotators.mysql.accounts.pairs import UserPair
from rotators.mysql.connection import AdminRight, Connection, require_tls, verbatim
from rotators.mysql.error_numbers import ErrorNumber
from rotators.mysql.errors import name_too_long
from rotators.mysql.passwords.entries import Entries
from rotators.mysql.rights.grants import Rights, fingerprint
from shared.errors import LockedOut, TargetMismatch
from shared.secret import Secret

_MYSQL_NAME = 32  # characters
_MARK = "GRANT SELECT ON {} TO %s@%s"
_UNMARK = "REVOKE SELECT ON {} FROM %s@%s"


class AccountAdmin:
    """Creates, marks and locks accounts, and sets their passwords, on the admin's connection.

    Every method raises Forbidden with the right that the admin lacks.
    """

    def __init__(self, admin: Connection) -> None:
        self._admin = admin

    def create(
        self, account: Account, like: AccountState, part: Part, password: Secret
    ) -> AccountState:
        """Create an account that nobody can log in as until `set_password`.

        like: whose plugins it gets.
        Returns its state. Raises MalformedSecret where its name is too long.
        """
        if not self._admin.mariadb and len(account.user) > _MYSQL_NAME:
            # MySQL finds out in parsing: the slow log would have the statement as it came.
            raise name_too_long(account.user, mariadb=False)
        how, *value = self._identified_by(like.entries.of_passwords(), password, like.plugin)
        create = f"CREATE USER %s@%s IDENTIFIED {how} REQUIRE {unfinished_requirement(part)}"
        too_long = (ErrorNumber.WRONG_STRING_LENGTH,)
        if self._admin.run_as_admin(create, account, *value, errors=too_long) is not None:
            raise name_too_long(account.user, mariadb=True)
        return read_account(self._admin, account)

    def mark(self, state: AccountState, part: Part, rights: Rights) -> None:
        """Mark the account as this part with these rights, in place of any other mark.

        For a moment there are two marks, and then neither proves anything.
        """
        new, account = (part, fingerprint(rights)), state.account
        if new not in state.marks:
            self._mark(_MARK.format(mark_object(*new)), account)
        for old in state.marks - {new}:
            self._mark(_UNMARK.format(mark_object(*old)), account)

    def set_password(self, state: AccountState, password: Secret, options: str = "") -> None:
        """Set the account's password and options in one statement, and end a second password.

        options: further clauses of ALTER USER, each with a space before it.
        """
        alter, account = "ALTER USER %s@%s", state.account
        how, *value = self._identified_by(state.entries, password, state.plugin)
        in_history = self._admin.run_as_admin(
            f"{alter} IDENTIFIED {how}{options}",
            account,
            *value,
            errors=(ErrorNumber.CREDENTIALS_CONTRADICT_TO_HISTORY,),
        )
        if in_history is not None and options:  # an earlier attempt set this password
            self._admin.run_as_admin(alter + options, account)
        if self._admin.has_dual_passwords:
            self._admin.run_as_admin(f"{alter} DISCARD OLD PASSWORD", account)

    def lock(self, account: Account) -> None:
        """Let nobody log in as it: unlike DROP USER, that ends nothing it is the definer of."""
        self._admin.run_as_admin("ALTER USER %s@%s ACCOUNT LOCK", account)

    def _identified_by(self, entries: Entries, password: Secret, plugin: str) -> tuple[str, ...]:
        """Return what follows IDENTIFIED, and on MySQL the value that is in it."""
        if self._admin.mariadb:
            return (f"VIA {verbatim(entries.with_passwords(password))}",)
        with_plugin = f"WITH {plugin} " if plugin in PASSWORD_PLUGINS else ""
        return f"{with_plugin}BY %s", password.reveal()

    def _mark(self, statement: str, account: Account) -> None:
        self._admin.run_as_admin(statement, account, missing_right=self.right_to_mark)

    def right_to_mark(self) -> AdminRight:
        """Return the right that it takes to mark accounts."""
        # Where a right on everything may be revoked in part, % is no pattern.
        partial_revokes = self._admin.run("SHOW VARIABLES LIKE 'partial_revokes'")
        exact = bool(partial_revokes) and partial_revokes[0][1] == "ON"
        return AdminRight(f"SELECT ON {'*.*' if exact else '`rotation %`.*'}", " WITH GRANT OPTION")


def reset_password(admin: Connection, user: str, password: Secret, twin: str | None) -> bool:
    """Let the user's one account that logs in with a password have this one; False if none does.

    Raises LockedOut where that is locked; TargetMismatch where it has several, as the server alone
    knows which of them a login is of, and where there is a `twin` and no mark shows the two to be a
    pair.
    """
    if not admin.mariadb:
        require_tls(admin)
    # As who changes the accounts of the name, or of both names, otherwise.
    with admin.lock_held(*(sorted((user, twin)) if twin else ("accounts", user))):
        accounts = read_accounts(admin, user)
        state = _one_of(user, [each for each in accounts.values() if each.has_password])
        if state is None:
            return False
        if twin is not None:
            pair = UserPair(state, accounts, twin, read_accounts(admin, twin))
            if pair.needs_proof:
                raise pair.not_shown_error(list(pair.twin_accounts))
        AccountAdmin(admin).set_password(state, password)
    return True


def _one_of(user: str, states: Sequence[AccountState]) -> AccountState | None:
    """The account that a login is of, None where there is none; raises as `reset_password`."""
    found = [state for state in states if not state.locked] or states
    if len(found) > 1:
        names = ", ".join(sorted(str(state.account) for state in found))
        raise TargetMismatch(
            f"mysql user {user!r} has several accounts ({names})",
            do="set the password of the right one as an administrator, and store it with"
            " PutSecretValue",
            field="username",
        )
    if not found:
        return None
    if found[0].locked:
        raise LockedOut(
            f"the account {found[0].account} is locked",
            do=f"ALTER USER {found[0].account} ACCOUNT UNLOCK",
            field="username",
        )
    return found[0]
