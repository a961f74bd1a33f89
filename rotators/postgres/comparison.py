"""Verifying that a PostgreSQL role can do all that the other of its pair can."""

from collections.abc import Iterator

from psycopg import sql

from rotators.postgres.clones import ATTRIBUTES, due_changes
from rotators.postgres.connection import Connection
from rotators.postgres.effective import EffectiveRole, verify_reset
from rotators.postgres.roles import GENERAL, ROLE, RolePair
from shared.errors import TargetMismatch

# What is granted to the clone itself and not also to the original, to PUBLIC or to a role whose
# rights the original has. Of other databases, whose grants cannot be read in this one, all that is
# granted to the clone itself.
_GRANTED_TO_CLONE_ALONE = (
    "SELECT DISTINCT coalesce(d.datname, current_database()), CASE"
    " WHEN coalesce(d.datname, current_database()) = current_database()"
    " THEN pg_describe_object(s.classid, s.objid, s.objsubid) ELSE 'an object' END"
    " FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid"
    " LEFT JOIN LATERAL ("
    " SELECT relacl FROM pg_class WHERE s.classid = 'pg_class'::regclass"
    " AND oid = s.objid AND s.objsubid = 0"
    " UNION ALL SELECT attacl FROM pg_attribute WHERE s.classid = 'pg_class'::regclass"
    " AND attrelid = s.objid AND attnum = s.objsubid AND s.objsubid <> 0"
    " UNION ALL SELECT nspacl FROM pg_namespace WHERE s.classid = 'pg_namespace'::regclass"
    " AND oid = s.objid"
    " UNION ALL SELECT proacl FROM pg_proc WHERE s.classid = 'pg_proc'::regclass"
    " AND oid = s.objid"
    " UNION ALL SELECT typacl FROM pg_type WHERE s.classid = 'pg_type'::regclass"
    " AND oid = s.objid"
    " UNION ALL SELECT datacl FROM pg_database WHERE s.classid = 'pg_database'::regclass"
    " AND oid = s.objid"
    ") AS object (grants) ON d.datname IS NULL OR d.datname = current_database()"
    " WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = %(clone)s"
    " AND s.deptype IN ('a', 'r') AND s.classid <> 'pg_auth_members'::regclass"
    " AND (s.deptype = 'r' OR object.grants IS NULL OR EXISTS ("
    " SELECT FROM aclexplode(object.grants) AS held WHERE held.grantee = %(clone)s"
    " AND NOT EXISTS (SELECT FROM aclexplode(object.grants) AS shared"
    " WHERE shared.privilege_type = held.privilege_type"
    " AND (shared.is_grantable OR NOT held.is_grantable)"
    " AND (shared.grantee = 0 OR shared.grantee <> %(clone)s"
    " AND pg_has_role(%(original)s::oid, shared.grantee, 'USAGE')))))"
    " ORDER BY 1, 2 LIMIT 5"
)
_ORIGINAL_IS_NO_MEMBER = (
    "SELECT rolname FROM pg_roles WHERE rolname::text = ANY(%s)"
    " AND NOT pg_has_role(%s::oid, oid, 'MEMBER') ORDER BY 1"
)
_ROTATE_AGAIN = "rotate again: setSecret makes them the same"


def verify_pair(
    connection: Connection, pair: RolePair | None, logged_in: str, effective: EffectiveRole
) -> None:
    """Verify that `logged_in` can do all that the other of the pair can; raises TargetMismatch."""
    if pair is None or not pair.clone.is_member_of(pair.original.name):
        raise TargetMismatch(
            f"the role {logged_in!r} is not the clone of another, nor does it have one by its name",
            do=_ROTATE_AGAIN,
            field="username",
        )
    if pair.clone.name == logged_in:
        _verify_clone(connection, pair, effective)
    else:
        _verify_original(connection, pair)


def _verify_clone(connection: Connection, pair: RolePair, effective: EffectiveRole) -> None:
    clone, due = pair.clone, due_changes(connection, pair)
    if due:
        raise TargetMismatch(
            f"{clone.name!r} differs from {pair.original.name!r}: "
            + "; ".join(change.what for change in due[:5]),
            do=_ROTATE_AGAIN,
            field="username",
        )
    settings = pair.wanted_settings()
    expected = settings.get((effective.database, ROLE), settings.get(GENERAL, clone.name))
    if effective.role != expected:
        raise TargetMismatch(
            f"{clone.name!r} acts as {effective.role!r}, not as {expected!r}, as whom "
            f"{pair.original.name!r} acts",
            do=f"correct the setting 'role' of {pair.original.name!r}, then rotate again",
            field="username",
        )
    verify_reset(connection, clone.name, expected)


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
    oids = {"clone": clone.oid, "original": original.oid}
    for row in connection.execute(_GRANTED_TO_CLONE_ALONE, oids):
        yield f"what it is granted on {row[1]} in the database {row[0]!r}"
