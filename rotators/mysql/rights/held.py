"""What an admin may do, compared with what a rotation is going to need, without doing it."""

import re
from collections.abc import Iterable
from functools import cached_property

from rotators.mysql.connection import AdminRight, Connection
from rotators.mysql.rights.changes import RightsChange
from rotators.mysql.rights.grants import (
    ALL,
    EVERYWHERE,
    GRANT_OPTION,
    Kind,
    Right,
    Rights,
    parse_grants,
)
from rotators.mysql.rights.tokens import tokenize
from shared.errors import Misconfigured

_SYSTEM_USER = "SYSTEM_USER"
_TO_EVERYBODY = " TO PUBLIC"  # as MariaDB writes it
_WITH_GRANT_OPTION = " WITH GRANT OPTION"


class HeldRights:
    """The rights of a connection's account, each question answered with a no only if it is sure.

    Sure it is not where rights may come by a role or are everybody's, or where they cannot be read.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lacks_to_change_accounts(self) -> bool:
        """Whether it has neither CREATE USER nor a right to write to the tables of accounts."""
        on_mysql = Right(Kind.PRIVILEGE, "`mysql`.*", "")
        return self._is_sure and not (
            self._has("CREATE USER", Right(Kind.PRIVILEGE, EVERYWHERE, ""))
            or self._has("UPDATE", on_mysql)
            or self._has("INSERT", on_mysql)
        )

    def lacks_to_keep_two(self) -> bool:
        """Whether it may not have a second password of its own, on MySQL."""
        return (
            self._is_sure
            and not self._is_dynamic("APPLICATION_PASSWORD_ADMIN")
            and self.lacks_to_change_accounts()
        )

    def lacks_to_mark(self) -> bool:
        """Whether it may not give the right that marks the accounts of a pair."""
        mark = Right(Kind.PRIVILEGE, "`rotation clone`.*", "SELECT")
        return self._is_sure and not self._may_pass_on(mark)

    def lacks_system_user(self) -> bool:
        """Whether it may not change who has SYSTEM_USER, which is MySQL's."""
        return self._is_sure and not self._is_dynamic(_SYSTEM_USER)

    def is_system_user(self) -> bool:
        """Whether only who has SYSTEM_USER may change it."""
        return self._is_dynamic(_SYSTEM_USER)

    def lacking_for(self, changes: Iterable[RightsChange]) -> AdminRight | None:
        """Return the right that it lacks for the first change that it may not make."""
        if not self._is_sure:
            return None
        for change in changes:
            if not all(self._may_pass_on(right) for right in change.rights):
                return change.admin_right()
        return None

    @cached_property
    def _rights(self) -> Rights | None:
        lines = [str(row[0]) for row in self._connection.run("SHOW GRANTS")]
        if any(line.endswith(_TO_EVERYBODY) for line in lines):
            return None
        try:
            return parse_grants(self._connection.effective_account, lines)
        except Misconfigured:
            return None

    @property
    def _is_sure(self) -> bool:
        return self._rights is not None and all(
            right.kind is not Kind.ROLE for right in self._rights
        )

    def _is_dynamic(self, name: str) -> bool:
        return any(
            right.kind is Kind.DYNAMIC and right.what.removesuffix(_WITH_GRANT_OPTION) == name
            for right in self._rights or ()
        )

    def _may_pass_on(self, right: Right) -> bool:
        if right.kind is Kind.PRIVILEGE:
            name = right.what.partition(" (")[0]
            return self._has(GRANT_OPTION, right) and (
                name in (ALL, GRANT_OPTION) or self._has(name, right)
            )
        if right.kind is Kind.DYNAMIC:
            name = right.what.removesuffix(_WITH_GRANT_OPTION)
            return Right(Kind.DYNAMIC, EVERYWHERE, name + _WITH_GRANT_OPTION) in (
                self._rights or ()
            )
        return True  # of a role, a proxy or a restriction: by too many ways

    def _has(self, privilege: str, wanted: Right) -> bool:
        """Whether it has the privilege on what is wanted, or on more; ALL is everything's."""
        return any(
            held.kind is Kind.PRIVILEGE
            and held.what.partition(" (")[0] in (privilege, ALL)
            and not (privilege == GRANT_OPTION and held.what == ALL)
            and _covers(held.on, wanted.on)
            for held in self._rights or ()
        )


def _covers(wider: str, narrower: str) -> bool:
    """Whether what one right is on has in it what the other one is on, as far as can be seen."""
    if wider in (EVERYWHERE, narrower):
        return True
    outer, inner = _names(wider), _names(narrower)
    if not outer or not inner:
        return False
    if len(outer) > 1 and outer[1:] != inner[1:]:
        return False
    return re.fullmatch(_as_pattern(outer[0]), inner[0], re.DOTALL) is not None


def _names(on: str) -> list[str]:
    return [token.value for token in tokenize(on) if token.kind == "name"]


def _as_pattern(database: str) -> str:
    r"""Return the regular expression of a database's name in a grant: `%`, `_`, and `\_`."""
    parts = re.findall(r"\\.|.", database, re.DOTALL)
    signs = {"%": ".*", "_": "."}
    return "".join(signs.get(part) or re.escape(part[-1]) for part in parts)
