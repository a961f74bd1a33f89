"""Lets the twin of a user log in and do all that the user can, and proves that it can."""

from collections.abc import Callable
from dataclasses import replace
from typing import Self

from rotators.mysql.account import Account
from rotators.mysql.accounts.admin import AccountAdmin
from rotators.mysql.accounts.catalog import (
    AccountState,
    Part,
    mark_object,
    read_account,
    read_accounts,
)
from rotators.mysql.accounts.pairs import UserPair
from rotators.mysql.connection import Connection
from rotators.mysql.rights.changes import alter_options, rights_beyond, told
from rotators.mysql.rights.follow import copy_rights, in_short
from shared.errors import Forbidden, TargetMismatch
from shared.secret import Secret


class AlternatingAccounts:
    """The accounts of a user that logged in and of its twin, changed on an admin's connection."""

    def __init__(
        self,
        pair: UserPair,
        current: Secret,
        admin: Connection,
        proves_ownership: Callable[[], bool],
    ) -> None:
        """Keep what `load` found.

        current: the password of the user that logged in.
        proves_ownership: whether a stored password logs in as the twin.
        """
        self._pair = pair
        self._current = current
        self._admin = admin
        self._account_admin = AccountAdmin(admin)
        self._proves_ownership = proves_ownership

    @classmethod
    def load(
        cls,
        session: Connection,
        twin: str,
        *,
        admin: Connection,
        proves_ownership: Callable[[], bool],
    ) -> Self:
        """Read the accounts of the session's user and of its twin.

        Queries on both connections, and asks `proves_ownership`, which logs in, where the server
        does not show that the twin belongs to the user. Raises TargetMismatch where that does not
        show it either, or where the admin is one of another server.
        """
        logged_in_accounts = read_accounts(admin, session.account.user)
        twin_accounts = read_accounts(admin, twin)
        logged_in = logged_in_accounts.get(session.account.host)
        if logged_in is None:
            raise TargetMismatch(
                f"the admin's server has no {session.account}, which logged in",
                do="correct 'masterarn', or wait until the account is replicated",
                field="masterarn",
            )
        pair = UserPair(logged_in, logged_in_accounts, twin, twin_accounts)
        if pair.needs_proof:
            if not proves_ownership():
                raise pair.not_shown_error(list(twin_accounts))
            pair = replace(pair, adopted=True)
        return cls(pair, session.login.password, admin, proves_ownership)

    def provision_twin(self, password: Secret) -> None:
        """Let the twin log in with this password and do all that the logged-in user can.

        Raises TargetMismatch, changing no account of the twin, where one may be somebody else's
        or the original lacks a right that the clone has, and Forbidden where the admin lacks one.
        """
        if self._pair.twin_is_clone:
            self._provision_clones(password)
        else:
            self._provision_originals(password)

    def to_follow(self) -> list[tuple[AccountState, AccountState | None]]:
        """Return the accounts whose rights the twin is to get, each with the twin's, if there is.

        None where it is the original's turn, whose rights stay. Raises as `provision_twin`.
        """
        if not self._pair.twin_is_clone:
            return []
        originals = self._originals()
        self._require_no_strangers({original.account.host for original in originals})
        accounts = self._pair.twin_accounts
        return [(original, accounts.get(original.account.host)) for original in originals]

    # --- the twin is the clone ---

    def _originals(self) -> list[AccountState]:
        return [
            state
            for state in self._pair.rotated()
            if state.account == self._pair.logged_in.account or state.accepts(self._current)
        ]

    def _provision_clones(self, password: Secret) -> None:
        originals = self._originals()
        hosts = {original.account.host for original in originals}
        self._require_no_strangers(hosts)
        for host, clone in self._pair.twin_accounts.items():
            if host not in hosts and clone.part == "clone" and not clone.locked:
                self._account_admin.lock(clone.account)
        for original in originals:
            if original.part is None:  # by this mark it is known when it is its turn
                self._account_admin.mark(original, "original", original.rights)
            self._provision_account(original, "clone", password)

    def _require_no_strangers(self, hosts: set[str]) -> None:
        """Raise TargetMismatch where an account in the place of a clone may be somebody else's."""
        strangers = [
            host
            for host, state in self._pair.twin_accounts.items()
            if host in hosts and state.part != "clone" and not self._pair.is_adopted(host)
        ]
        if strangers:
            raise self._pair.not_shown_error(strangers)

    def _provision_account(self, source: AccountState, part: Part, password: Secret) -> None:
        """Give the twin's account of the same host the rights of `source`, creating it if needed.

        Rights, then the mark, then the password: a crash leaves no user that looks whole.
        """
        account = Account(self._pair.twin, source.account.host)
        state = self._pair.twin_accounts.get(account.host)
        if state is None:
            state = self._account_admin.create(account, source, part, password)
        rights = copy_rights(self._admin, state, source.rights)
        self._account_admin.mark(state, part, rights)
        options = alter_options(state.rights, rights)
        if state.locked:
            options += " ACCOUNT UNLOCK"
        # This password becomes its only way to log in.
        entries = source.entries.of_passwords()
        password_only = replace(state, entries=entries, plugin=source.plugin)
        self._account_admin.set_password(password_only, password, options)

    # --- the twin is the original ---

    def _provision_originals(self, password: Secret) -> None:
        """Set passwords only, as the original's rights are the truth; recreate it if it is gone."""
        clones = [
            state
            for state in self._pair.rotated()
            if state.part == "clone" or self._pair.is_adopted(state.account.host)
        ]
        if all(state.unfinished for state in self._pair.twin_accounts.values()):  # or none is there
            for clone in clones:
                self._provision_account(clone, "original", password)
            return
        self._require_original()
        originals = {
            clone.account.host: original
            for clone in clones
            if (original := self._pair.twin_accounts.get(clone.account.host))
            and original.has_password
            and not original.locked
            and (original.marks or original.account.host == self._pair.host)
        }
        for clone in clones:
            if clone.account.host in originals:
                self._require_all_rights(originals[clone.account.host], clone)
        if self._pair.adopted:  # only now: the mark says that its rights are the original's
            logged_in = self._pair.logged_in
            self._account_admin.mark(logged_in, "clone", logged_in.rights)
        for original in originals.values():
            self._account_admin.mark(original, "original", original.rights)
            self._account_admin.set_password(original, password)

    def _require_original(self) -> None:
        """Raise where there is no original to log in as, or where it may be somebody else's."""
        pair = self._pair
        account = Account(pair.twin, pair.host)
        original = pair.twin_accounts.get(account.host)
        if original is None:
            raise TargetMismatch(
                f"there is no account {account}, only others of that name",
                do=f"CREATE USER {account} IDENTIFIED BY '<a long random password>'; "
                f"GRANT SELECT ON {mark_object('original')} TO {account}; {self._same(account)}",
                field="username",
            )
        adopted_by_hand = ("clone", "") in pair.logged_in.marks
        shown = original.marks or adopted_by_hand or pair.adopted
        if not shown and not self._proves_ownership():
            raise pair.not_shown_error(list(pair.twin_accounts))
        if original.locked:
            raise Forbidden(
                f"the account {account} is locked",
                do=f"ALTER USER {account} ACCOUNT UNLOCK",
                field="username",
            )
        if not original.has_password:
            raise TargetMismatch(
                f"the account {account} does not log in with a password that can be rotated",
                do=f"ALTER USER {account} IDENTIFIED {self._with_plugin()}BY "
                "'<a long random password>'",
                field="username",
            )

    def _require_all_rights(self, original: AccountState, clone: AccountState) -> None:
        """Raise TargetMismatch where the clone was granted more, which its clients may need."""
        more = rights_beyond(original.rights, clone.rights)
        if more and not clone.matches_mark:
            mariadb = self._admin.mariadb
            grant = told(original.account, frozenset(), more, mariadb=mariadb)
            revoke = told(clone.account, more, frozenset(), mariadb=mariadb)
            raise TargetMismatch(
                f"{clone.account}, which is in use, may do what {original.account} may not: "
                f"{in_short(more)}",
                do=f"let {original.account}, whose rights the clone follows, have it: {grant}; "
                f"or take it from {clone.account}: {revoke}",
                field="username",
            )

    def _same(self, account: Account) -> str:
        """Return the SQL that gives the account what the one that logged in has."""
        rights = self._pair.logged_in.rights
        return told(account, frozenset(), rights, mariadb=self._admin.mariadb)

    def _with_plugin(self) -> str:
        # MySQL keeps the account's plugin unless another one is named.
        return "" if self._admin.mariadb else "WITH caching_sha2_password "


def verify_same_rights(session: Connection, twin: str) -> None:
    """Prove from the user's own session that it has the rights `provision_twin` gave it.

    Raises TargetMismatch where it has not.
    """
    session.run("SET ROLE NONE")  # what its roles can do is theirs, and the same for both
    state = read_account(session, session.account)
    if not state.matches_mark:
        problem = "has not the rights that setSecret gave it" if state.marks else "has no mark"
        raise TargetMismatch(
            f"{session.account} {problem}, so it may not be able to do what {twin!r} can",
            do="rotate again; who grants or revokes rights meanwhile has to do it for both users",
            field="username",
        )
