"""Ending the other sessions of the user that is logged in, which every user may do of its own."""

from collections.abc import Mapping

from rotators.mysql.connection import Connection
from rotators.mysql.error_numbers import ErrorNumber

# Who lacks PROCESS is shown the sessions of its own name only.
_SESSIONS = "SHOW PROCESSLIST"
_OWN = "SELECT CONNECTION_ID()"


class OtherSessions:
    """Those that began before the first `end`; also a login that was under way then.

    A server numbers its sessions in the order in which they begin.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._until: int | None = None

    def end(self) -> Mapping[str, str]:
        """Tell them to end; gives those that are there, by id, each with the SQL.

        Raises RotationError.
        """
        user = self._connection.account.user
        ((own,),) = self._connection.run(_OWN)
        rows = self._connection.run(_SESSIONS)
        numbers = [int(str(row[0])) for row in rows if str(row[1]) == user]
        if self._until is None:
            self._until = max(numbers, default=0)
        others = [each for each in numbers if each <= self._until and each != int(str(own))]
        statements = {str(each): f"KILL CONNECTION {each:d}" for each in others}
        for statement in statements.values():
            self._connection.run_expecting(statement, errors=(ErrorNumber.NO_SUCH_THREAD,))
        return statements
