"""A MySQL account's passwords: a first and a second one, of which the server accepts both.

MySQL takes a password in clear and writes `<secret>` to its logs, also where the statement fails.
"""

import logging
import secrets
from itertools import chain

from rotators.mysql.connection import Wire, require_tls
from rotators.mysql.errors import NO_OVERLAP, NOT_NAMED, USED_BEFORE, overlap_forbidden
from shared.errors import Rejected, RotationError
from shared.secret import Secret

LOG = logging.getLogger(f"rotation.{__name__}")

_OWN = "ALTER USER USER() IDENTIFIED BY %s"
_OTHERS = "ALTER USER %s@%s IDENTIFIED BY %s"
_RETAIN = " RETAIN CURRENT PASSWORD"
_DENIED, _TOO_WEAK, _USED_BEFORE, _NOT_FIRST, _NOT_NAMED = 1227, 1819, 3638, 3891, 3892
_RULES = (_TOO_WEAK, _USED_BEFORE)
_IN_VAIN = (_USED_BEFORE, _NOT_NAMED)  # maybe because another copy of this step was here before


class MySQLPasswords:
    """Of the account that logged in; `by` is the admin's connection where that one sets them.

    REPLACE names the first password, never the second, and takes effect with the change at once.
    So it tells which of the two this session's own is: that one is always kept until a new one is
    in, whatever an earlier attempt did, or one of a rotation that was given up.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._two = wire.has_dual_passwords
        self._expired = False

    def replace(self, password: Secret, by: Wire | None) -> None:
        """Let only this password be accepted."""
        account, new = self._wire.account, password.reveal()
        require_tls(self._wire, by)
        second = False
        if by is not None:
            refused = by.order(_OTHERS, account, new, among=(_USED_BEFORE,))
        elif not self._two:
            refused = self._wire.refused(_OWN, new, among=(_USED_BEFORE,))
        else:
            refused = self._swap(new, among=(_NOT_FIRST, _USED_BEFORE))
            second = refused == _NOT_FIRST
            if second:  # or another copy of this step was here before
                refused = self._wire.refused(_OWN, new, among=_IN_VAIN)
        if refused:
            self._require_first(password, refused)
        if self._discard_refused(by) and second:
            LOG.warning(
                "the old password of %s may stay accepted as its second one, which it has no right"
                " to end: have an admin run ALTER USER ... DISCARD OLD PASSWORD",
                self._wire.login.address,
            )

    def add(self, password: Secret, by: Wire | None) -> None:
        """Let this password and the session's own be accepted, and no third."""
        account, new = self._wire.account, password.reveal()
        require_tls(self._wire, by)
        if not self._two:
            raise NO_OVERLAP.error(f"mysql {self._wire.login.address}")
        if by is not None:
            # REPLACE is for one's own password only, so the two statements need a lock.
            with by.locked(*account):
                retain = _RETAIN if self._is_first(self._wire.login.password) else ""
                refused = by.order(_OTHERS + retain, account, new, among=(_USED_BEFORE,))
        else:
            refused = self._swap(new, _RETAIN, among=(_DENIED, _NOT_FIRST, _USED_BEFORE))
            if refused == _DENIED:
                raise self._forbidden()
            if refused == _NOT_FIRST:
                # The session's own is the second one: it stays, and only the first changes.
                refused = self._wire.refused(_OWN, new, among=_IN_VAIN)
        if refused:
            self._require_first(password, refused)

    def keep(self, password: Secret, by: Wire | None) -> None:
        """Let only this password, which is one of the two, be accepted."""
        account = self._wire.account
        require_tls(self._wire, by)
        if not self._is_first(password):
            if by is not None:
                by.order(_OTHERS, account, password.reveal())
            else:
                self._wire.run(_OWN, password.reveal())
        if self._discard_refused(by):
            raise self._forbidden()

    def _swap(self, new: str, retain: str = "", *, among: tuple[int, ...]) -> int:
        mine = self._wire.login.password.reveal()
        return self._wire.refused(f"{_OWN} REPLACE %s{retain}", new, mine, among=among)

    def _is_first(self, password: Secret) -> bool:
        """Whether it is the first of the two: it takes its own place, or fails to."""
        if not self._two:
            return True
        same = password.reveal()
        refused = self._wire.refused(f"{_OWN} REPLACE %s", same, same, among=(_NOT_FIRST, *_RULES))
        if refused in _RULES:
            # The rules for passwords, its history among them, are asked before its place is. They
            # refuse the second half of this statement, and so all of it, unless the first half
            # failed by its place: the other password must pass any rule. The session is then
            # taken for one with an expired password.
            other = secrets.token_urlsafe(150) + "aA1.#" * 10  # 250 bytes of every kind
            halves = ((*self._wire.account, new, same) for new in (other, same))
            refused = self._wire.refused(
                "ALTER USER %s@%s IDENTIFIED BY %s REPLACE %s, %s@%s IDENTIFIED BY %s REPLACE %s",
                *chain.from_iterable(halves),
                among=(_NOT_FIRST, *_RULES),
            )
            self._expired = True
        return refused != _NOT_FIRST

    def _require_first(self, password: Secret, refused: int) -> None:
        """It was set by another copy of this step; raises what `refused` means if not."""
        if not self._is_first(password):
            row = NOT_NAMED if refused == _NOT_NAMED else USED_BEFORE
            raise row.error(f"mysql {self._wire.login.address}", f"error {refused}")

    def _discard_refused(self, by: Wire | None) -> int:
        if not self._two:
            return 0
        if by is not None:
            by.order("ALTER USER %s@%s DISCARD OLD PASSWORD", self._wire.account)
            return 0
        if self._expired:
            try:
                self._wire.renew()
            except Rejected:  # another copy of this step has ended the session's own password
                return 0
        return self._wire.refused("ALTER USER USER() DISCARD OLD PASSWORD", among=(_DENIED,))

    def _forbidden(self) -> RotationError:
        return overlap_forbidden(
            self._wire.login, f"GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO {self._wire.account}"
        )
