"""Ending the other sessions of the role that is logged in, which every role may do of its own."""

from collections.abc import Mapping

from rotators.postgres.connection import BoundedConnection

_NOW = "SELECT clock_timestamp()"
# Of a pooler's clients each transaction may be run in another session than the one before.
_END = (
    "SELECT pid::text, pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE usename = session_user AND pid <> pg_backend_pid() AND backend_start <= %s"
)


class OtherSessions:
    """Those that began before the first `end`; also a login that was under way then.

    As itself: a clone that acts as its original is not shown when its own sessions began.
    """

    def __init__(self, connection: BoundedConnection) -> None:
        self._connection = connection
        self._until: object = None  # by the server's clock

    def end(self) -> Mapping[str, str]:
        """Tell them to end; gives those that are there, by their process, each with the SQL.

        Raises psycopg.Error.
        """
        with self._connection.as_itself():
            if self._until is None:
                ((self._until,),) = self._connection.execute(_NOW).fetchall()
            rows = self._connection.execute(_END, [self._until]).fetchall()
        return {str(pid): f"SELECT pg_terminate_backend({pid})" for pid, _ in rows}
