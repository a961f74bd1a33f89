"""Making one of two PostgreSQL roles the clone of the other, and changing a role's password."""

import logging
from functools import partial
from typing import LiteralString

from psycopg import sql

from rotators.postgres.catalog import read_pair
from rotators.postgres.changes import Change, run_changes
from rotators.postgres.clones import due_changes, membership_in_original, role_creation
from rotators.postgres.connection import Connection
from rotators.postgres.passwords import NewPassword, run_patiently
from rotators.postgres.rights import admin_rights, full_membership
from rotators.postgres.roles import RolePair
from shared.errors import TargetMismatch

LOG = logging.getLogger(f"rotation.{__name__}")

_REPLICA_AND_DATABASE = (
    "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_database()::pg_catalog.text"
)
# All who read or write a table wait behind a statement that waits for a lock on it.
_SHORT_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '500ms'"


def ensure_clone(
    connection: Connection,
    logged_in: str,
    twin: str,
    *,
    proven: bool = False,
    twin_is_new: bool = False,
) -> RolePair | TargetMismatch:
    """Let the clone of the two follow its original, in the caller's transaction of an admin.

    Creates `twin` as the clone where it does not exist. proven: a stored password has shown that
    the twin is this secret's. twin_is_new: created in this transaction, as the clone.

    Returns the pair as it was before. Where neither a proof nor the server shows whose the twin is,
    changes nothing and returns the error to raise, unless the caller has another proof to try.
    Raises TargetMismatch where there is no `logged_in`, and what Change.run does.
    """
    pair = read_pair(connection, logged_in, twin, twin_is_new=twin_is_new)
    if pair is None:
        role_creation(twin).run(connection)
        return ensure_clone(connection, logged_in, twin, proven=True, twin_is_new=True)
    if not (proven or pair.is_proven_to(logged_in)):
        return _ownership_refusal(connection, pair, logged_in)
    if pair.clone.name == logged_in:
        _keep_membership(connection, pair)
    else:
        _follow_original(connection, pair)
    return pair


def is_there_to_reset(connection: Connection, username: str, twin: str | None) -> bool:
    """Return whether there is such a role, in the caller's transaction of an admin.

    Raises TargetMismatch where there is a `twin`, and no setting of the clone shows the two to be a
    pair: whose role this is, no login has proved.
    """
    query = "SELECT FROM pg_roles WHERE rolname = %s"
    is_there = connection.execute(query, [username]).fetchone() is not None
    pair = read_pair(connection, username, twin) if is_there and twin else None
    if pair is not None and not pair.is_proven_to(pair.original.name):
        raise _ownership_refusal(connection, pair, pair.original.name)
    return is_there


def rehearse_pair(
    connection: Connection, logged_in: str, twin: str, *, proven: bool
) -> TargetMismatch | None:
    """Make the same changes as ensure_clone, in a transaction that the caller rolls back.

    Of both of the next rotations. Returns the error of a twin that is not known to be the secret's.
    """
    done = ensure_clone(connection, logged_in, twin, proven=proven)
    if isinstance(done, TargetMismatch):
        return done
    pair = read_pair(connection, logged_in, twin)
    if pair is not None:
        run_changes(connection, due_changes(connection, pair))
    return None


def _ownership_refusal(connection: Connection, pair: RolePair, logged_in: str) -> TargetMismatch:
    clone, original = pair.clone.name, pair.original.name
    twin_is_clone = clone != logged_in
    adopt: list[LiteralString] = ["GRANT {original} TO {clone}" + full_membership(connection)]
    where = ""
    if twin_is_clone:
        if pair.clone.owns_objects_in:  # acting as the original, it could not use them any more
            adopt.append("REASSIGN OWNED BY {clone} TO {original}")
            databases = ", ".join(map(repr, pair.clone.owns_objects_in))
            where = f" (REASSIGN in each of the databases {databases})"
        adopt.append("ALTER ROLE {clone} SET role = {name}")
    statements = sql.SQL("; ".join(adopt)).format(
        clone=sql.Identifier(clone), original=sql.Identifier(original), name=sql.Literal(original)
    )
    return TargetMismatch(
        f"the role {clone if twin_is_clone else original!r} exists, and neither the server nor a "
        "stored password shows that it alternates with the secret's",
        do=f"if it is this application's own: {statements.as_string(connection)}{where}; if not, "
        "rotate another user, or rename one",
        field="username",
    )


def _keep_membership(connection: Connection, pair: RolePair) -> None:
    """Change no more than the membership, since it is the original that is the twin here."""
    run_changes(connection, membership_in_original(connection, pair))


def _follow_original(connection: Connection, pair: RolePair) -> None:
    run_changes(connection, due_changes(connection, pair))
    if pair.clone.owns_objects_in and not pair.has_general_role:
        LOG.warning(
            "%r owns objects, so it does not act as %r yet: they are handed over when it is "
            "the current user, at the next rotation",
            pair.clone.name,
            pair.original.name,
        )


def owns_objects_to_reassign(connection: Connection, logged_in: str, twin: str) -> bool:
    """Return whether `logged_in` is the twin's clone, and owns objects in this database.

    Returns False on a replica, where they cannot be reassigned.
    """
    is_replica, database = connection.execute(_REPLICA_AND_DATABASE).fetchall()[0]
    pair = None if is_replica else read_pair(connection, logged_in, twin)
    if pair is None or pair.clone.name != logged_in or not pair.is_proven_to(logged_in):
        return False
    return database in pair.clone.owns_objects_in


def reassign_owned(connection: Connection, clone: str, original: str) -> None:
    """Give the original what the clone owns in this database; the clone is logged in here.

    Raises Forbidden, and psycopg's LockNotAvailable where a table is in use.
    """
    statement = sql.SQL("REASSIGN OWNED BY {} TO {}").format(
        sql.Identifier(clone), sql.Identifier(original)
    )
    connection.execute(_SHORT_LOCK_TIMEOUT)
    Change(f"the owner of what {clone!r} owns", statement, lambda _: (statement,)).run(connection)


def change_password(connection: Connection, password: NewPassword, *pair: str) -> None:
    """Give the role its password, as an admin or as the role itself.

    pair: the names of both where it has a twin, which the admin needs the right over as well.
    Raises Forbidden with the right that whoever is logged in here lacks, and psycopg's errors.
    """
    role = password.role
    itself = connection.info.user == role
    change = Change(
        f"the password of {role!r}",
        password.statement(connection),
        _own_right(connection) if itself else partial(_rights_over, pair or (role,)),
    )
    password.is_sent = True
    if password.is_hidden:
        run_patiently(lambda: change.run(connection))
    else:
        change.run(connection)


def _own_right(connection: Connection) -> str:
    return (
        "have the admin change the password: ADMIN_SETS_PASSWORD; or, on RDS with "
        f"rds.restrict_password_commands: {_rds_grant(connection).as_string(connection)}"
    )


def _rights_over(roles: tuple[str, ...], by: Connection) -> tuple[sql.Composed, ...]:
    return admin_rights(by, *roles) or (_rds_grant(by),)


def _rds_grant(connection: Connection) -> sql.Composed:
    return sql.SQL("GRANT rds_password TO {}").format(sql.Identifier(connection.info.user))
