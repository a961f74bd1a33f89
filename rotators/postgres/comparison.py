"""Whether a PostgreSQL role can do all that the other of its pair can."""

from collections.abc import Iterator
from typing import NamedTuple

from psycopg import sql

from rotators.postgres.clones import ATTRIBUTES, changes
from rotators.postgres.roles import GENERAL, ROLE, Connection, Pair
from shared.errors import TargetMismatch

# What was granted to the clone itself and not to the original, nor to all, nor to a role it is in:
# in this database by looking, in others all there is.
_DIRECT = (
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
_NOT_IN = (
    "SELECT rolname FROM pg_roles WHERE rolname::text = ANY(%s)"
    " AND NOT pg_has_role(%s::oid, oid, 'MEMBER') ORDER BY 1"
)
_ROTATE = "rotate again: setSecret makes them the same"


class Acting(NamedTuple):
    """Whom a session acts as by default, and where."""

    role: str
    database: str


def whoever(connection: Connection) -> Acting:
    """To be asked before the session sets anything."""
    row = connection.execute(
        "SELECT current_user::pg_catalog.text, pg_catalog.current_database()::pg_catalog.text"
    )
    return Acting(*map(str, row.fetchall()[0]))


def prove(connection: Connection, pair: Pair | None, me: str, acting: Acting) -> None:
    """Raises TargetMismatch unless `me` can do what the other of the pair can."""
    if pair is None or not pair.clone.belongs_to(pair.original.name):
        raise TargetMismatch(
            f"the role {me!r} is not the clone of another, nor does it have one by its name",
            do=_ROTATE,
            field="username",
        )
    if pair.clone.name == me:
        _prove_clone(connection, pair, acting)
    else:
        _prove_original(connection, pair)


def _prove_clone(connection: Connection, pair: Pair, acting: Acting) -> None:
    clone, due = pair.clone, changes(connection, pair)
    if due:
        raise TargetMismatch(
            f"{clone.name!r} differs from {pair.original.name!r}: "
            + "; ".join(change.what for change in due[:5]),
            do=_ROTATE,
            field="username",
        )
    wanted = pair.settings()
    expected = wanted.get((acting.database, ROLE), wanted.get(GENERAL, clone.name))
    if acting.role != expected:
        raise TargetMismatch(
            f"{clone.name!r} acts as {acting.role!r}, not as {expected!r}, as whom "
            f"{pair.original.name!r} acts",
            do=f"correct the setting 'role' of {pair.original.name!r}, then rotate again",
            field="username",
        )


def _prove_original(connection: Connection, pair: Pair) -> None:
    clone = pair.clone
    theirs, own = (
        sql.Identifier(role.name).as_string(connection) for role in (clone, pair.original)
    )
    if clone.owns:
        raise TargetMismatch(
            f"{clone.name!r} owns objects that {pair.original.name!r} does not, in the databases "
            + ", ".join(map(repr, clone.owns)),
            do="in each of them, as a superuser or as the clone: "
            f"REASSIGN OWNED BY {theirs} TO {own}",
            field="username",
        )
    # A clone that acts as the original acts does not use what it is granted itself.
    acts = pair.acts and clone.settings[GENERAL] == pair.settings()[GENERAL]
    lacks = [] if acts else list(_lacks(connection, pair, own))
    if lacks:
        raise TargetMismatch(
            f"{clone.name!r} has rights of its own that {pair.original.name!r} lacks",
            do="give them to the original, or take them from the clone: " + "; ".join(lacks),
            field="username",
        )


def _lacks(connection: Connection, pair: Pair, own: str) -> Iterator[str]:
    original, clone = pair.original, pair.clone
    for column, word in ATTRIBUTES.items():
        if clone.attributes[column] and not original.attributes[column]:
            yield f"ALTER ROLE {own} {word}"
    direct = [each.role for each in clone.memberships]
    for row in connection.execute(_NOT_IN, [direct, original.oid]):
        yield f"GRANT {sql.Identifier(str(row[0])).as_string(connection)} TO {own}"
    for row in connection.execute(_DIRECT, {"clone": clone.oid, "original": original.oid}):
        yield f"GRANT ... ON {row[1]} in the database {row[0]!r}"
