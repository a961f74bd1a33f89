"""Ending the other sessions of the role that is logged in, which every role may do of its own."""

from rotators.postgres.connection import Connection

# Of a pooler's clients each statement may be run in another session: which is looked at here is
# told by the server as it runs the statement.
_NOW = "SELECT pg_catalog.clock_timestamp()"
_END = (
    "SELECT pid::pg_catalog.text, pg_catalog.pg_terminate_backend(pid)"
    " FROM pg_catalog.pg_stat_activity"
    " WHERE usename = session_user AND pid <> pg_catalog.pg_backend_pid() AND backend_start <= %s"
)


class OtherSessions:
    """Those that began before this was made; also a login that was under way then."""

    def __init__(self, connection: Connection) -> None:
        """Ask the server for the time by its own clock; raises psycopg's errors."""
        self._connection = connection
        ((self._until,),) = connection.execute(_NOW).fetchall()

    def end(self) -> frozenset[str]:
        """Tell them to end; returns the process ids of those that are there."""
        rows = self._connection.execute(_END, [self._until]).fetchall()
        return frozenset(str(pid) for pid, _ in rows)
