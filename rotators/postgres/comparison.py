"""Verifying that a PostgreSQL role can do all that the other of its pair can."""

from collections.abc import Iterator

from psycopg import sql

from rotators.postgres.clones import ATTRIBUTES, due_changes
from rotators.postgres.connection import Connection
from rotators.postgres.effective import effective_roles, verify_reset
from rotators.postgres.grants import grants_of_clone_alone
from rotators.postgres.roles import GENERAL, ROLE, RolePair
from shared.errors import TargetMismatch

_ORIGINAL_IS_NO_MEMBER = (
    "SELECT rolname FROM pg_roles WHERE rolname::text = ANY(%s)"
    " AND NOT pg_has_role(%s::oid, oid, 'MEMBER') ORDER BY 1"
)
_ROTATE_AGAIN = "rotate again: setSecret makes them the same"


def verify_pair(connection: Connection, pair: RolePair | None, logged_in: str) -> None:
    """Verify that `logged_in` can do all that the other of the pair can; raises TargetMismatch."""
    if pair is None or not pair.clone.is_member_of(pair.original.name):
        raise TargetMismatch(
            f"the role {logged_in!r} is not the clone of another, nor does it have one by its name",
            do=_ROTATE_AGAIN,
            field="username",
        )
    if pair.clone.name == logged_in:
        _verify_clone(connection, pair)
    else:
        _verify_original(connection, pair)


def _verify_clone(connection: Connection, pair: RolePair) -> None:
    clone, due = pair.clone, due_changes(connection, pair)
    if due:
        raise TargetMismatch(
            f"{clone.name!r} differs from {pair.original.name!r}: "
            + "; ".join(change.what for change in due[:5]),
            do=_ROTATE_AGAIN,
            field="username",
        )
    effective, after_reset = effective_roles(connection)
    settings = pair.wanted_settings()
    expected = settings.get((effective.database, ROLE), settings.get(GENERAL, clone.name))
    if effective.role != expected:
        raise TargetMismatch(
            f"{clone.name!r} acts as {effective.role!r}, not as {expected!r}, as whom "
            f"{pair.original.name!r} acts",
            do=f"correct the setting 'role' of {pair.original.name!r}, then rotate again",
            field="username",
        )
    verify_reset(connection, clone.name, after_reset.role, expected)


def _verify_original(connection: Connection, pair: RolePair) -> None:
    clone = pair.clone
    clone_sql, original_sql = (
        sql.Identifier(role.name).as_string(connection) for role in (clone, pair.original)
    )
    if clone.owns_objects_in:
        raise TargetMismatch(
            f"{clone.name!r} owns objects that {pair.original.name!r} does not, in the databases "
            + ", ".join(map(repr, clone.owns_objects_in)),
            do="in each of them, as a superuser or as the clone: "
            f"REASSIGN OWNED BY {clone_sql} TO {original_sql}",
            field="username",
        )
    # A clone that acts as the original acts does not use what it is granted itself.
    acts_as_original = (
        pair.has_general_role and clone.settings[GENERAL] == pair.wanted_settings()[GENERAL]
    )
    missing = [] if acts_as_original else list(_missing_rights(connection, pair, original_sql))
    if missing:
        raise TargetMismatch(
            f"{clone.name!r} has rights of its own that {pair.original.name!r} lacks",
            do="give them to the original, or take them from the clone: " + "; ".join(missing),
            field="username",
        )


def _missing_rights(connection: Connection, pair: RolePair, original_sql: str) -> Iterator[str]:
    """Yield what gives the original each right which the clone has and it lacks: SQL, or words."""
    original, clone = pair.original, pair.clone
    for column, word in ATTRIBUTES.items():
        if clone.attributes[column] and not original.attributes[column]:
            yield f"ALTER ROLE {original_sql} {word}"
    clone_roles = [membership.role for membership in clone.memberships]
    for row in connection.execute(_ORIGINAL_IS_NO_MEMBER, [clone_roles, original.oid]):
        yield f"GRANT {sql.Identifier(str(row[0])).as_string(connection)} TO {original_sql}"
    yield from grants_of_clone_alone(connection, pair)
