"""Changes of PostgreSQL roles, and what the operator is told where an admin may not make them."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from rotators.postgres.connection import Connection
from rotators.postgres.transactions import GO_ON_UNTRIED, TRY
from shared.errors import Forbidden, Misconfigured, TargetMismatch

# What a right takes that a session's role may lack: SQL, or text where no SQL helps.
Remedy = Callable[[Connection], tuple[sql.Composed, ...]] | str


class Change(NamedTuple):
    """A statement that changes a role, with advice for where the server refuses it.

    what: what it changes, in a message. if_denied: by which this admin may make the change, also
    where all of its transaction was undone. if_invalid: what to do where the server refuses the
    value, which is a copy of the original's; by default psycopg's error is raised as it is.
    """

    what: str
    statement: sql.Composed
    if_denied: Remedy
    if_invalid: str = ""

    def run(self, connection: Connection) -> None:
        """Run the statement; raises Forbidden or Misconfigured with the advice."""
        run_changes(connection, [self])


def run_changes(connection: Connection, changes: Iterable[Change]) -> None:
    """Run them all, in the caller's transaction, which has to end where this raises.

    Raises one Forbidden for all that are denied, so that nobody is sent from one right to the next;
    Misconfigured; and TargetMismatch where others have a membership from who is to lose it.
    """
    denied = [change for change in changes if not _is_allowed(connection, change)]
    if denied:
        raise _refusal(connection, denied)


def _is_allowed(connection: Connection, change: Change) -> bool:
    try:
        _try(connection, change.statement)  # the others are tried all the same
    except psycopg.errors.InsufficientPrivilege:
        return False
    except (psycopg.errors.InvalidParameterValue, psycopg.errors.UndefinedObject) as error:
        if not change.if_invalid:
            raise
        state = error.sqlstate
    except psycopg.errors.DependentObjectsStillExist:
        state = "2BP01"
    else:
        return True
    # Outside the handler: psycopg's text may quote the SQL.
    if state == "2BP01":
        raise TargetMismatch(
            f"others depend on {change.what}, which it must not have (SQLSTATE 2BP01)",
            do=f"as a role that may: {change.statement.as_string(connection)} CASCADE",
            field="username",
        )
    raise Misconfigured(
        f"the server refuses to change {change.what} (SQLSTATE {state})", do=change.if_invalid
    )


def _try(connection: Connection, statement: sql.Composed) -> None:
    try:
        connection.execute(TRY.format(statement))
    except psycopg.Error:
        if connection.pgconn.transaction_status == TransactionStatus.INERROR:
            connection.execute(GO_ON_UNTRIED)
        raise


def _refusal(connection: Connection, denied: list[Change]) -> Forbidden:
    whats = "; ".join(change.what for change in denied[:5])
    texts = [change.if_denied for change in denied if isinstance(change.if_denied, str)]
    remedies = [change.if_denied for change in denied if not isinstance(change.if_denied, str)]
    statements = [each.as_string(connection) for by in remedies for each in by(connection)]
    remedy = "; ".join(dict.fromkeys(statements))  # each once, in their order
    advice = [f"as a role that may: {remedy}"] if remedy else []
    return Forbidden(
        f"{connection.info.user!r} may not change {whats} (SQLSTATE 42501)",
        do=" -- ".join([*advice, *dict.fromkeys(texts)]),
    )
