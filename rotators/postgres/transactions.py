"""How PostgreSQL transactions begin, and go on: by few messages, as each is a wait for the server.

A message is a simple query of several statements, which every pooler hands on as it is. The
server's log has all of it where one of them fails.
"""

from psycopg import sql

# All of it is for one transaction only, since a pooler may give the session to another client.
# It overrides the role's own settings: it may be read-only, short of time, or act as another role.
_BOUNDS = (
    "SELECT pg_catalog.set_config('statement_timeout', {statement}, true),"
    " pg_catalog.set_config('idle_in_transaction_session_timeout', {statement}, true),"
    " pg_catalog.set_config('lock_timeout', {lock}, true),"
    # So that the server's operators are found before any user's, and before tables that a pooler's
    # session was left with: unless named, pg_temp is searched first.
    " pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)"
)
_AS_ITSELF = "SELECT pg_catalog.set_config('role', 'none', true)"
BEGIN_TO_READ = sql.SQL(f"BEGIN; {_BOUNDS}")
BEGIN_AS_ITSELF = sql.SQL(f"BEGIN; {_BOUNDS}; {_AS_ITSELF}")
BEGIN_TO_CHANGE = sql.SQL(
    f"BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE; {_BOUNDS}; {_AS_ITSELF}"
)
# Of two copies of a step the second waits, where both are in the same database. Not in one message
# with BEGIN: a server before PostgreSQL 13 counts the time of a message by the limit that it finds
# as it comes, which may be the role's own.
WAIT_FOR_TURN = sql.SQL(
    "SAVEPOINT unlocked;"
    " SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended({}, 0));"
    " RELEASE SAVEPOINT unlocked"
)
GO_ON_UNLOCKED = "ROLLBACK TO SAVEPOINT unlocked"
# Where the server refuses the statement, the transaction can go on as if it had not been sent.
TRY = sql.SQL("SAVEPOINT untried; {}")
GO_ON_UNTRIED = "ROLLBACK TO SAVEPOINT untried"
