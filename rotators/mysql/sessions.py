"""Ending the other sessions of the user that is logged in, which every user may do of its own."""

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

    def end(self) -> frozenset[str]:
        """Tell them to end; returns the ids of those that are there. Raises RotationError."""
        user = self._connection.account.user
        ((own,),) = self._connection.run(_OWN)
        rows = self._connection.run(_SESSIONS)
        numbers = [int(str(row[0])) for row in rows if str(row[1]) == user]
        if self._until is None:
            self._until = max(numbers, default=0)
        others = [each for each in numbers if each <= self._until and each != int(str(own))]
        for number in others:
            gone = (ErrorNumber.NO_SUCH_THREAD,)
            self._connection.run_expecting(f"KILL CONNECTION {number:d}", errors=gone)
        return frozenset(str(each) for each in others)
