"""How long a PostgreSQL role is let in, which no password changes."""

from datetime import datetime

from psycopg import sql

from rotators.postgres.connection import Connection
from shared.credentials import Login
from shared.errors import Misconfigured

# What psycopg has a date for: infinity, and what is beyond that, is no end.
_VALID_UNTIL = (
    "SELECT CASE WHEN rolvaliduntil < '9999-01-01' THEN rolvaliduntil END FROM pg_roles"
    " WHERE rolname = session_user"
)
_FOR_GOOD = sql.SQL("ALTER ROLE {} VALID UNTIL 'infinity'")


def check_validity(connection: Connection, login: Login, until: datetime | None) -> None:
    """Raise Misconfigured where the role that logged in is VALID UNTIL a moment before `until`.

    In the caller's transaction. until: None for any moment.
    """
    ((ends,),) = connection.execute(_VALID_UNTIL).fetchall()
    if isinstance(ends, datetime) and (until is None or ends <= until):
        for_good = _FOR_GOOD.format(sql.Identifier(login.username))
        raise Misconfigured(
            f"postgres {login.address}: the role is let in until "
            f"{ends.isoformat(timespec='seconds')}, whatever its password",
            # No role may change its own.
            do=f"as a role that may: {for_good.as_string()}",
            field="username",
        )
