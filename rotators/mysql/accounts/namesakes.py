"""The other accounts of a user's name: clients from other hosts may log in with its password."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rotators.mysql.account import Account
from rotators.mysql.accounts.catalog import PASSWORD_PLUGINS, show
from rotators.mysql.accounts.hashes import password_matches
from rotators.mysql.connection import Connection, require_tls, verbatim
from rotators.mysql.error_numbers import ErrorNumber
from rotators.mysql.error_table import USED_BEFORE
from rotators.mysql.errors import no_second_entry
from rotators.mysql.passwords.entries import Entries
from shared.errors import Forbidden, Misconfigured, RejectedByPolicy
from shared.secret import Secret

LOG = logging.getLogger(f"rotation.{__name__}")

_OTHER_HOSTS = "SELECT host FROM mysql.user WHERE user = %s AND host NOT IN (%s, '')"
# The second password's hash, of a server that keeps one.
_SECOND = "JSON_UNQUOTE(JSON_EXTRACT(user_attributes, '$.additional_password'))"
_OF_MYSQL = "SELECT plugin, authentication_string, {} FROM mysql.user WHERE user = %s AND host = %s"
_BY_ADMIN = "set ADMIN_SETS_PASSWORD"
_ALTER = "ALTER USER %s@%s"


class Namesake(NamedTuple):
    """One of them, and how it logs in.

    entries: on MariaDB; first, second: the hashes of MySQL's two passwords, empty where not shown.
    """

    account: Account
    entries: Entries
    first: str = ""
    second: str = ""

    def accepts(self, password: Secret) -> bool:
        """Whether it is a password of the account."""
        return (
            self.entries.accept(password)
            or password_matches(password, self.first)
            or password_matches(password, self.second)
        )

    def advice_to_end(self, password: Secret) -> str:
        """The SQL after which it does not accept this one of its passwords."""
        do = []
        if self.entries.accept(password) or password_matches(password, self.first):
            do.append(f"ALTER USER {self.account} IDENTIFIED BY '<the new password>'")
        if password_matches(password, self.second):
            do.append(f"ALTER USER {self.account} DISCARD OLD PASSWORD")
        return "; ".join(do)


def read_namesakes(reader: Connection, own: Account) -> list[Namesake]:
    """Return the accounts of the same name from other hosts.

    Raises Forbidden where the reader may not look at them.
    """
    hosts = show(reader, _OTHER_HOSTS, *own)
    return [read_namesake(reader, Account(own.user, host)) for host in hosts]


def read_namesake(reader: Connection, account: Account) -> Namesake:
    """Return how the account logs in; raises Forbidden where the reader may not look at it."""
    if reader.mariadb:
        (created,) = show(reader, "SHOW CREATE USER %s@%s", *account)
        return Namesake(account, Entries(created))
    query = _OF_MYSQL.format(_SECOND if reader.has_dual_passwords else "''")
    ((plugin, first, second),) = reader.run(query, *account)
    if plugin not in PASSWORD_PLUGINS:
        return Namesake(account, Entries(""))
    return Namesake(account, Entries(""), str(first or ""), str(second or ""))


class Namesakes:
    """Gives those the new password that accept the one that a session logged in with.

    Others are somebody else's, and are left alone. To be asked before the session's own account is
    changed: what a crash leaves, the next attempt finds by the password that still logs in.
    """

    def __init__(self, session: Connection) -> None:
        self._session = session
        self._live = [session.login.password]
        self._changed = False
        self._warned = False

    def replace(self, password: Secret, admin: Connection | None) -> None:
        """Let only this password be accepted."""
        self._follow(password, admin, keep=False)

    def add(self, password: Secret, admin: Connection | None) -> None:
        """Let this password and the session's own be accepted, and no third."""
        self._follow(password, admin, keep=True)

    def end_others(self, password: Secret, admin: Connection | None) -> None:
        """Let only this password be accepted, where it is."""
        self._follow(password, admin, keep=False)

    @contextmanager
    def keeping_the_pending_version(self) -> Iterator[None]:
        """Raise a RejectedByPolicy as one that does not end the version, where it is in use."""
        try:
            yield
        except RejectedByPolicy as rejected:
            if not self._changed:
                raise
            refusal = rejected
        else:
            return
        what = f"{refusal.what}; other accounts of the name have the new password already"
        raise Misconfigured(what, do=refusal.do, field=refusal.field)

    def _follow(self, password: Secret, admin: Connection | None, *, keep: bool) -> None:
        by = admin or self._session
        try:
            found = self._to_change(by)
        except Forbidden as forbidden:
            self._warn_unseen(by, forbidden)
            return
        if not found:
            return
        if not by.mariadb:
            require_tls(self._session, by)
        try:
            with by.lock_held("accounts", self._session.account.user):
                for namesake in self._to_change(by):
                    self._change(by, namesake, password, keep=keep)
                    self._changed = True
        except Forbidden:
            if admin is not None:
                raise
            self._warn_unchanged(found[0])
        if all(password != live for live in self._live):
            self._live.append(password)  # what a later call of this session has to put back

    def _to_change(self, by: Connection) -> list[Namesake]:
        return [
            namesake
            for namesake in read_namesakes(by, self._session.account)
            if any(namesake.accepts(live) for live in self._live)
        ]

    def _change(self, by: Connection, namesake: Namesake, password: Secret, *, keep: bool) -> None:
        kept = [live for live in self._live if keep and namesake.accepts(live)]
        if by.mariadb:
            if kept and not namesake.entries.take_two:
                raise no_second_entry(by.login, str(namesake.account))
            entries = namesake.entries.with_passwords(password, *kept)
            by.run_as_admin(f"{_ALTER} IDENTIFIED VIA {verbatim(entries)}", namesake.account)
            return
        if not password_matches(password, namesake.first):
            is_first = any(password_matches(live, namesake.first) for live in kept)
            retain = " RETAIN CURRENT PASSWORD" if is_first else ""
            self._set_first(by, namesake, password, retain)
        if namesake.second and not keep:
            by.run_as_admin(f"{_ALTER} DISCARD OLD PASSWORD", namesake.account)

    def _set_first(self, by: Connection, namesake: Namesake, password: Secret, retain: str) -> None:
        in_history = (ErrorNumber.CREDENTIALS_CONTRADICT_TO_HISTORY,)
        statement = f"{_ALTER} IDENTIFIED BY %s{retain}"
        error = by.run_as_admin(statement, namesake.account, password.reveal(), errors=in_history)
        if error is not None:
            raise USED_BEFORE.error(f"mysql {namesake.account}", f"error {error}")

    def _warn_unseen(self, by: Connection, forbidden: Forbidden) -> None:
        if not self._warned:
            LOG.warning(
                "other accounts of the name %r, if there are any, keep the old password, as %s may"
                " not look at them: %s",
                self._session.account.user,
                by.effective_account,
                _BY_ADMIN if by is self._session else forbidden.do,
            )
        self._warned = True

    def _warn_unchanged(self, namesake: Namesake) -> None:
        if not self._warned:
            LOG.warning(
                "the account %s keeps the old password, which %s has no right to change: %s",
                namesake.account,
                self._session.account,
                _BY_ADMIN,
            )
        self._warned = True
