"""A MySQL account's passwords: a first and a second one, of which the server accepts both.

MySQL takes a password in clear and writes `<secret>` to its logs, also where the statement fails.
"""

import logging
import secrets
from collections.abc import Collection
from itertools import chain

from rotators.mysql.accounts.namesakes import read_namesake
from rotators.mysql.connection import Connection, require_tls
from rotators.mysql.error_numbers import ErrorNumber
from rotators.mysql.error_table import CURRENT_NOT_NAMED, USED_BEFORE
from rotators.mysql.errors import NO_OVERLAP, overlap_forbidden
from rotators.mysql.rights.held import HeldRights
from shared.errors import Rejected, RotationError
from shared.secret import Secret

LOG = logging.getLogger(f"rotation.{__name__}")

_SET_OWN = "ALTER USER USER() IDENTIFIED BY %s"
_SET_AS_ADMIN = "ALTER USER %s@%s IDENTIFIED BY %s"
_RETAIN = " RETAIN CURRENT PASSWORD"
_NO_RIGHT = ErrorNumber.SPECIFIC_ACCESS_DENIED_ERROR
_TOO_WEAK = ErrorNumber.NOT_VALID_PASSWORD
_IN_HISTORY = ErrorNumber.CREDENTIALS_CONTRADICT_TO_HISTORY
_NOT_FIRST = ErrorNumber.INCORRECT_CURRENT_PASSWORD
_MUST_NAME_CURRENT = ErrorNumber.MISSING_CURRENT_PASSWORD
# What the server's rules for passwords refuse one with.
_RULES = (_TOO_WEAK, _IN_HISTORY)
# What setting the first password fails with, maybe because another copy of this step has set it.
_MAYBE_DONE = (_IN_HISTORY, _MUST_NAME_CURRENT)


class MySQLPasswords:
    """The passwords of the account that logged in; `admin` sets them, where one is given.

    REPLACE names the first password, never the second, and takes effect with the change at once.
    So it tells which of the two this session's own is: that one is always kept until a new one is
    in, whatever an earlier attempt did, or one of a rotation that was given up.

    Every method raises Misconfigured without TLS, and Forbidden where a right is missing.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._has_two = connection.has_dual_passwords
        self._taken_for_expired = False

    def replace(self, password: Secret, admin: Connection | None) -> None:
        """Let only this password be accepted; warns where there is no right to end the other."""
        account, new = self._connection.account, password.reveal()
        require_tls(self._connection, admin)
        logged_in_with_second = False
        if admin is not None:
            error = admin.run_as_admin(_SET_AS_ADMIN, account, new, errors=(_IN_HISTORY,))
        elif not self._has_two:
            error = self._connection.run_expecting(_SET_OWN, new, errors=(_IN_HISTORY,))
        else:
            error = self._replace_own(new, errors=(_NOT_FIRST, _IN_HISTORY))
            if error == _NOT_FIRST:  # or another copy of this step was here before
                logged_in_with_second = True
                error = self._connection.run_expecting(_SET_OWN, new, errors=_MAYBE_DONE)
        if error is not None:
            self._require_first(password, error)
        if not self._discard_second(admin) and logged_in_with_second:
            LOG.warning(
                "the old password of %s may stay accepted as its second one, which it has no right"
                " to end: have an admin run ALTER USER %s DISCARD OLD PASSWORD",
                self._connection.login.address,
                account,
            )

    def check_settable(self, admin: Connection | None) -> None:
        """Raise Misconfigured without TLS: a user may set its own password without a right."""
        require_tls(self._connection, admin)

    def check_may_add(self) -> None:
        """Raise Forbidden where the account has no right to a second password, as far as shows."""
        if HeldRights(self._connection).lacks_to_keep_two():
            raise self._overlap_forbidden()

    def check_two(self) -> None:
        """Raise Forbidden where the server keeps one password only."""
        if not self._has_two:
            raise NO_OVERLAP.error(f"mysql {self._connection.login.address}")

    def may_be_two(self) -> bool:
        """Whether there is a second one, or the account has no right to see that."""
        if not self._has_two:
            return False
        try:
            return bool(read_namesake(self._connection, self._connection.account).second)
        except RotationError:
            return True

    def add(self, password: Secret, admin: Connection | None) -> None:
        """Let this password and the session's own be accepted, and no third."""
        account, new = self._connection.account, password.reveal()
        require_tls(self._connection, admin)
        self.check_two()
        if admin is not None:
            # REPLACE is for one's own password only, so the two statements need a lock.
            with admin.lock_held(*account):
                retain = _RETAIN if self._is_first(self._connection.login.password) else ""
                error = admin.run_as_admin(
                    _SET_AS_ADMIN + retain, account, new, errors=(_IN_HISTORY,)
                )
        else:
            error = self._replace_own(new, _RETAIN, errors=(_NO_RIGHT, _NOT_FIRST, _IN_HISTORY))
            if error == _NO_RIGHT:
                raise self._overlap_forbidden()
            if error == _NOT_FIRST:
                # The session's own is the second one: it stays, and only the first changes.
                error = self._connection.run_expecting(_SET_OWN, new, errors=_MAYBE_DONE)
        if error is not None:
            self._require_first(password, error)

    def end_others(self, password: Secret, admin: Connection | None) -> None:
        """Let only this password, which is one of the two, be accepted."""
        account = self._connection.account
        require_tls(self._connection, admin)
        if not self._is_first(password):
            if admin is not None:
                admin.run_as_admin(_SET_AS_ADMIN, account, password.reveal())
            else:
                self._connection.run(_SET_OWN, password.reveal())
        if not self._discard_second(admin):
            raise self._overlap_forbidden()

    def _replace_own(self, new: str, retain: str = "", *, errors: Collection[int]) -> int | None:
        """Set the first password, if the session's own is that one."""
        current = self._connection.login.password.reveal()
        statement = f"{_SET_OWN} REPLACE %s{retain}"
        return self._connection.run_expecting(statement, new, current, errors=errors)

    def _is_first(self, password: Secret) -> bool:
        """Whether it is the first of the two: REPLACE sets it in its own place, or fails to."""
        if not self._has_two:
            return True
        same = password.reveal()
        error = self._connection.run_expecting(
            f"{_SET_OWN} REPLACE %s", same, same, errors=(_NOT_FIRST, *_RULES)
        )
        if error in _RULES:
            # The rules for passwords, its history among them, are asked before its place is. They
            # refuse the second half of this statement, and so all of it, unless the first half
            # failed by its place: the other password must pass any rule. The session is then
            # taken for one with an expired password.
            other = secrets.token_urlsafe(150) + "aA1.#" * 10  # 250 bytes of every kind
            halves = ((*self._connection.account, new, same) for new in (other, same))
            error = self._connection.run_expecting(
                "ALTER USER %s@%s IDENTIFIED BY %s REPLACE %s, %s@%s IDENTIFIED BY %s REPLACE %s",
                *chain.from_iterable(halves),
                errors=(_NOT_FIRST, *_RULES),
            )
            self._taken_for_expired = True
        return error != _NOT_FIRST

    def _require_first(self, password: Secret, error: int) -> None:
        """Raise what setting the password failed with, unless another copy of this step set it."""
        if not self._is_first(password):
            row = CURRENT_NOT_NAMED if error == _MUST_NAME_CURRENT else USED_BEFORE
            told = row._replace(do=row.do.replace("{account}", str(self._connection.account)))
            raise told.error(f"mysql {self._connection.login.address}", f"error {error}")

    def _discard_second(self, admin: Connection | None) -> bool:
        """Let the second password be accepted no more; False where the account has no right to."""
        if not self._has_two:
            return True
        if admin is not None:
            admin.run_as_admin("ALTER USER %s@%s DISCARD OLD PASSWORD", self._connection.account)
            return True
        if self._taken_for_expired:
            try:
                self._connection.log_in_again()
            except Rejected:  # another copy of this step has ended the session's own password
                return True
        discard = "ALTER USER USER() DISCARD OLD PASSWORD"
        return self._connection.run_expecting(discard, errors=(_NO_RIGHT,)) is None

    def _overlap_forbidden(self) -> RotationError:
        right = f"APPLICATION_PASSWORD_ADMIN ON *.* TO {self._connection.account}"
        return overlap_forbidden(self._connection.login, f"GRANT {right}")
