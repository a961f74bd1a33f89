"""A change of a PostgreSQL role, and what the operator is told where an admin may not make it."""

from typing import LiteralString, NamedTuple

import psycopg
from psycopg import sql

from rotators.postgres.connection import Connection
from shared.errors import Forbidden, Misconfigured

MEMBERSHIPS_HAVE_OPTIONS = 160000  # since this server version


class Change(NamedTuple):
    """A statement that changes a role, with advice for where the server refuses it.

    what: what it changes, in a message. if_denied: SQL for a role that may run it, by default the
    statement itself, or text where no SQL helps. if_invalid: what to do where the server refuses
    the value, which is a copy of the original's; by default psycopg's error is raised as it is.
    """

    what: str
    statement: sql.Composed
    if_denied: sql.Composed | str | None = None
    if_invalid: str = ""

    def run(self, connection: Connection) -> None:
        """Run the statement; raises Forbidden or Misconfigured with the advice."""
        problem: Forbidden | Misconfigured
        try:
            connection.execute(self.statement)
        except psycopg.errors.InsufficientPrivilege:
            problem = Forbidden(
                f"{connection.info.user!r} may not change {self.what} (SQLSTATE 42501)",
                do=self._advice_if_denied(connection),
            )
        except (psycopg.errors.InvalidParameterValue, psycopg.errors.UndefinedObject) as error:
            if not self.if_invalid:
                raise
            problem = Misconfigured(
                f"the server refuses to change {self.what} (SQLSTATE {error.sqlstate})",
                do=self.if_invalid,
            )
        else:
            return
        raise problem  # outside the handler: psycopg's text may quote the SQL

    def _advice_if_denied(self, connection: Connection) -> str:
        if isinstance(self.if_denied, str):
            return self.if_denied
        remedy = self.statement if self.if_denied is None else self.if_denied
        return f"as a role that may: {remedy.as_string(connection)}"


def grant_of_admin_rights(connection: Connection, role: str) -> sql.Composed:
    """Return the SQL that lets this session's role change that one's password, or grant it."""
    options: LiteralString = "WITH ADMIN OPTION"
    if connection.info.server_version >= MEMBERSHIPS_HAVE_OPTIONS:
        options = "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"  # and nothing that the role may do
    return sql.SQL("ALTER ROLE {admin} CREATEROLE; GRANT {role} TO {admin} " + options).format(
        admin=sql.Identifier(connection.info.user), role=sql.Identifier(role)
    )
