"""A role's new password: as a verifier made here, or as itself, by a way that no log has it on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from rotators.postgres import connection as bounds
from rotators.postgres.connection import Connection
from shared.errors import Forbidden, Misconfigured
from shared.patience import retried
from shared.secret import Secret

SEND_ITSELF = "SEND_PASSWORD_ITSELF"
MD5, SCRAM = "md5", "scram-sha-256"
_WARNS_OF_MD5 = 180000  # since this server version

# What would write down a statement although it is run within another one, and how it is kept from
# it: the first three quote it as the context of what they say while it runs.
_QUIET: dict[str, LiteralString] = {
    "log_min_messages": "ALTER ROLE {} SET log_min_messages = 'warning'",
    "log_parser_stats": "ALTER ROLE {} SET log_parser_stats = 'off'",
    "log_planner_stats": "ALTER ROLE {} SET log_planner_stats = 'off'",
    "log_executor_stats": "ALTER ROLE {} SET log_executor_stats = 'off'",
    "pg_stat_monitor.pgsm_track": "ALTER ROLE {} SET pg_stat_monitor.pgsm_track = 'top'",
    "pg_stat_statements.track": "ALTER ROLE {} SET pg_stat_statements.track = 'top'",
}
_WRITERS = (
    "SELECT name FROM pg_settings WHERE name = 'log_min_messages' AND setting ~"
    " 'debug|info|notice' OR name ~ '^log_(parser|planner|executor)_stats$' AND setting = 'on'"
    " OR name IN ('pg_stat_statements.track', 'pg_stat_monitor.pgsm_track') AND setting = 'all'"
    " ORDER BY name"
)
_MAY_MAKE_TABLES = (
    "SELECT has_database_privilege(current_database(), 'TEMP'), current_database()::text"
)
# For the rest of the transaction. A wait for the role's row would be logged with its statement
# (log_lock_waits), so there is none: it is tried again instead.
_QUIETLY = (
    "SELECT set_config('password_encryption', %s, true), set_config('lock_timeout', '1ms', true),"
    " set_config('debug_print_parse', 'off', true), set_config('debug_print_plan', 'off', true),"
    " set_config('debug_print_rewritten', 'off', true)"
)
_TABLE: LiteralString = "CREATE TEMPORARY TABLE {} (password pg_catalog.text) ON COMMIT DROP"
# In hexadecimal digits no error about the text itself can arise, which would quote it.
_COPY: LiteralString = "COPY {} FROM STDIN"
# Whatever the server refuses it for is caught where its statement would be in the context of the
# error, and raised again without.
_BODY: LiteralString = """DECLARE secret pg_catalog.text;
BEGIN
  SELECT pg_catalog.convert_from(pg_catalog.decode(password, 'hex'), 'UTF8') INTO secret
    FROM {table};
  EXECUTE pg_catalog.format('ALTER ROLE %I PASSWORD %L', {role}, secret);
EXCEPTION WHEN query_canceled OR OTHERS THEN
  RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = CASE
    WHEN SQLERRM LIKE 'tuple concurrently%' THEN 'tuple concurrently updated'
    ELSE 'the new password was refused' END;
END"""


@dataclass(slots=True)
class NewPassword:
    """What a role is given. value: a verifier, or the password itself.

    encryption: what the server keeps. is_sent: its statement was, so that what is refused from now
    on, up to COMMIT, may be this.
    """

    role: str
    value: str = field(repr=False)
    encryption: str
    is_itself: bool
    is_sent: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether its statement may be in no log; of an md5 hash, it would be enough to log in."""
        return self.is_itself or self.encryption == MD5

    def statement(self, connection: Connection) -> sql.Composed:
        """Return the statement to run next, in the caller's transaction.

        Raises Forbidden and Misconfigured where the server could not be kept from writing down
        what is hidden.
        """
        if not self.is_hidden:
            words = sql.SQL("ALTER ROLE {} PASSWORD {}")
            return words.format(sql.Identifier(self.role), sql.Literal(self.value))
        _check_quiet(connection)
        table = sql.Identifier(f"secret_rotation_{uuid4().hex}")
        connection.execute(_QUIETLY, [self.encryption])
        if connection.info.server_version >= _WARNS_OF_MD5:
            connection.execute("SELECT set_config('md5_password_warnings', 'off', true)")
        connection.execute(sql.SQL(_TABLE).format(table))
        with connection.cursor().copy(sql.SQL(_COPY).format(table)) as copy:
            copy.write_row([self.value.encode().hex()])
        body = sql.SQL(_BODY).format(table=table, role=sql.Literal(self.role))
        return sql.SQL("DO {}").format(sql.Literal(body.as_string(connection)))


def password_encryption(connection: Connection) -> str:
    """What the server keeps of a password that this session's user sets."""
    setting = "SELECT pg_catalog.current_setting('password_encryption')"
    return SCRAM if connection.execute(setting).fetchall()[0][0] == SCRAM else MD5


def verifier(connection: Connection, role: str, password: Secret, encryption: str) -> NewPassword:
    """Return a verifier made here, so that the server sees no password; asks it nothing."""
    made = connection.pgconn.encrypt_password(
        password.reveal().encode(), role.encode(), encryption.encode()
    )
    return NewPassword(role, made.decode(), encryption, is_itself=False)


def itself(connection: Connection, role: str, password: Secret, encryption: str) -> NewPassword:
    """Return the password as it is; raises Misconfigured without TLS."""
    if not connection.pgconn.ssl_in_use:
        raise Misconfigured(
            "without TLS, everybody on the way would read the password that is to be sent",
            do=f"remove 'ssl' from the secret, or unset {SEND_ITSELF}",
            field=SEND_ITSELF,
        )
    return NewPassword(role, password.reveal(), encryption, is_itself=True)


def run_patiently(run: Callable[[], None]) -> None:
    """Run it, and again while another session holds the role; raises psycopg's LockNotAvailable."""
    retried(run, on=psycopg.errors.LockNotAvailable, within=bounds.LOCK_SECONDS)


def _check_quiet(connection: Connection) -> None:
    me = sql.Identifier(connection.info.user)
    writers = [str(row[0]) for row in connection.execute(_WRITERS)]
    if writers:
        due = sql.SQL("; ").join(sql.SQL(_QUIET[name]).format(me) for name in writers)
        raise Misconfigured(
            "the server would write down the statement that sets the password",
            do=f"as a role that may: {due.as_string(connection)}",
            field=SEND_ITSELF,
        )
    ((may_make_tables, database),) = connection.execute(_MAY_MAKE_TABLES).fetchall()
    if not may_make_tables:
        words = sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}")
        grant = words.format(sql.Identifier(str(database)), me)
        raise Forbidden(
            f"{connection.info.user!r} may not make a temporary table in the database "
            f"{database!r}, which keeps a password out of the server's log",
            do=f"as a role that may: {grant.as_string(connection)}",
        )
