"""Other sessions: who is logged in, and ending those of the role that is logged in itself."""

from collections.abc import Mapping, Sequence

import psycopg
from psycopg import sql

from rotators.postgres.connection import APPLICATION, BoundedConnection
from shared.patience import tries
from shared.protocol.readers import session

_NOW = "SELECT clock_timestamp()"
# Of a pooler's clients each transaction may be run in another session than the one before.
_END = (
    "SELECT pid::text, pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE usename = session_user AND pid <> pg_backend_pid() AND backend_start <= %s"
)
# One that was let in is not shown until it is ready, which its client puts off by post_auth_delay.
# It holds a lock on its database's row then; whose it is shows only in whether it may be ended.
READY_SECONDS = 0.3
_UNSHOWN = (
    "SELECT DISTINCT pid::text FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)"
    " WHERE usesysid IS NULL AND classid = 'pg_database'::regclass"
)
_END_UNSHOWN = "SELECT pg_terminate_backend(%s::integer)"
# The user and its application are shown to every role; the rest, as NULL, only to members of the
# user's role and of pg_read_all_stats (PostgreSQL documentation, "The Statistics Collector").
_SEEN = sql.SQL(
    "SELECT application_name, host(client_addr), backend_start IS NOT NULL FROM pg_stat_activity"
    " WHERE usename = {user} AND pid <> pg_backend_pid() AND application_name <> {own}"
    " AND backend_type IS DISTINCT FROM 'parallel worker'"
    " AND ({lasting} = 0 OR clock_timestamp() - backend_start > {lasting} * interval '1 s')"
)
_SHOW_ALL = sql.SQL("GRANT pg_read_all_stats TO {}")


def sessions_of(connection: BoundedConnection, user: str, lasting: float) -> Sequence[str]:
    """Return what messages call the sessions of the role, but for rotations' own; see Session.

    Raises psycopg.Error.
    """
    query = _SEEN.format(user=user, own=APPLICATION, lasting=lasting)
    grant = _SHOW_ALL.format(sql.Identifier(connection.info.user)).as_string(connection)
    unshown = f"an address that is not shown ({grant} shows it)"
    return [
        session(user, str(address or "the server itself") if shown else unshown, str(name or ""))
        for name, address, shown in connection.read(query)
    ]


class OtherSessions:
    """Those that began before the first `end`; also a login that was let in and is not ready.

    As itself: a clone that acts as its original is not shown when its own sessions began.
    """

    def __init__(self, connection: BoundedConnection) -> None:
        self._connection = connection
        self._until: object = None  # by the server's clock
        self._unshown: set[str] | None = None

    def end(self) -> Mapping[str, str]:
        """Tell them to end; gives those that are there, by their process, each with the SQL.

        Raises psycopg.Error.
        """
        with self._connection.as_itself():
            if self._until is None:
                ((self._until,),) = self._connection.execute(_NOW).fetchall()
            rows = self._connection.execute(_END, [self._until]).fetchall()
            asked = [str(pid) for pid, _ in rows] + self._end_unshown()
        return {pid: f"SELECT pg_terminate_backend({pid})" for pid in asked}

    def _end_unshown(self) -> list[str]:
        """End those of the first look that stay so: most logins are ready in no time.

        A superuser may end everybody's, so these have that time too.
        """
        if self._unshown is None:
            self._unshown = self._read_unshown()
        for _ in tries(READY_SECONDS):
            if not self._unshown:
                return []
            self._unshown &= self._read_unshown()
        return [pid for pid in sorted(self._unshown) if self._may_end(pid)]

    def _read_unshown(self) -> set[str]:
        return {str(pid) for (pid,) in self._connection.execute(_UNSHOWN).fetchall()}

    def _may_end(self, pid: str) -> bool:
        try:
            with self._connection.transaction():
                self._connection.execute(_END_UNSHOWN, [pid])
        except psycopg.errors.InsufficientPrivilege:  # another role's
            return False
        return True
