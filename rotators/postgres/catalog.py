"""Reading PostgreSQL roles from the catalogs that everybody may read."""

from psycopg import sql
from psycopg.rows import class_row, dict_row

from rotators.postgres.connection import Connection
from rotators.postgres.rights import has_options
from rotators.postgres.roles import MARK, Membership, Role, RolePair, Setting
from shared.credentials import CLONE
from shared.errors import TargetMismatch

_ROLES = (
    "SELECT oid::int8, rolname, rolcanlogin, rolinherit, rolcreatedb, rolcreaterole,"
    " rolreplication, rolbypassrls, rolsuper, rolconnlimit,"
    # Not in the session's date style or time zone: the clone is given the very same text.
    " CASE WHEN isfinite(rolvaliduntil)"
    " THEN to_char(rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"
    " ELSE coalesce(rolvaliduntil::text, 'infinity') END AS rolvaliduntil"
    " FROM pg_roles WHERE rolname::text = ANY(%s)"
)
# Before PostgreSQL 16 a membership has only one option, ADMIN.
_MEMBERSHIPS = (
    "SELECT granted.rolname AS role, coalesce(giver.rolname, '') AS grantor,"
    " m.admin_option AS admin,"
    " coalesce((to_jsonb(m) ->> 'inherit_option')::bool, true) AS inherit,"
    " coalesce((to_jsonb(m) ->> 'set_option')::bool, true) AS set"
    " FROM pg_auth_members m JOIN pg_roles granted ON granted.oid = m.roleid"
    " LEFT JOIN pg_roles giver ON giver.oid = m.grantor WHERE m.member = %s ORDER BY 1, 2"
)
_SETTINGS = (
    "SELECT d.datname, split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1)"
    " FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase,"
    " unnest(s.setconfig) AS entry WHERE s.setrole = %s AND (s.setdatabase = 0 OR d.oid > 0)"
)
# Neither temporary tables, which end with their session, nor default privileges and user mappings,
# which are no objects with an owner.
_OWNS_OBJECTS_IN = (
    "SELECT DISTINCT coalesce(d.datname, current_database())"
    " FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid"
    " WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = %s AND s.deptype = 'o'"
    " AND s.classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)"
    " AND NOT (s.classid = 'pg_class'::regclass AND d.datname = current_database()"
    " AND EXISTS (SELECT FROM pg_class c WHERE c.oid = s.objid AND c.relpersistence = 't'))"
    " ORDER BY 1"
)


def read_pair(
    connection: Connection, logged_in: str, twin: str, *, twin_is_new: bool = False
) -> RolePair | None:
    """Read two roles in the caller's transaction, and tell the clone from its original.

    Who is a member of the other is the clone; if neither is, who is called so. Where the names say
    otherwise than the membership, the clone's own settings must say it too: somebody may have
    granted it the wrong way round. twin_is_new: created in this transaction, as the clone.

    Returns None where there is no `twin`. Raises TargetMismatch where there is no `logged_in`, and
    where it is not certain which of the two is the clone.
    """
    logged_in_role, twin_role = (_read_role(connection, name) for name in (logged_in, twin))
    if logged_in_role is None:
        raise TargetMismatch(
            f"the admin's server does not know the role {logged_in!r}, so it is another one",
            do="correct 'masterarn', or 'host' in one of the secrets",
            field="masterarn",
        )
    if twin_role is None:
        return None
    defaults = _read_settings(connection, 0)
    if twin_is_new:
        return RolePair(logged_in_role, twin_role, defaults, is_new=True)
    roles = (logged_in_role, twin_role)
    original, clone = roles if logged_in != twin + CLONE else roles[::-1]
    named, turned = RolePair(original, clone, defaults), RolePair(clone, original, defaults)
    if not turned.clone.is_member_of(turned.original.name):
        return named
    if not turned.clone_says_so:
        raise _which_is_which(connection, named)
    return turned


def _which_is_which(connection: Connection, named: RolePair) -> TargetMismatch:
    original, clone = map(sql.Identifier, named.names)
    revokes = [
        sql.SQL("REVOKE {} FROM {}").format(clone, original)
        + (
            sql.SQL(" GRANTED BY {}").format(sql.Identifier(membership.grantor))
            if has_options(connection)
            else sql.SQL("")
        )
        for membership in named.original.memberships
        if membership.role == named.clone.name
    ]
    mark = sql.SQL("ALTER ROLE {} IN DATABASE {} SET role = {}").format(
        original, sql.Identifier(MARK[0] or ""), sql.Literal(named.clone.name)
    )
    return TargetMismatch(
        f"the role {named.original.name!r} is a member of {named.clone.name!r}, which by its name "
        "is the other's clone: which of the two is the original is not certain, so nothing is "
        "changed",
        do=f"as a role that may: if it is {named.original.name!r}, as the names say: "
        f"{sql.SQL('; ').join(revokes).as_string(connection)}; if it is {named.clone.name!r}: "
        f"{mark.as_string(connection)}",
        field="username",
    )


def _read_role(connection: Connection, name: str) -> Role | None:
    attributes = connection.cursor(row_factory=dict_row).execute(_ROLES, [[name]]).fetchone()
    if attributes is None:
        return None
    oid = int(attributes.pop("oid"))
    memberships = connection.cursor(row_factory=class_row(Membership)).execute(_MEMBERSHIPS, [oid])
    return Role(
        name=str(attributes.pop("rolname")),
        oid=oid,
        attributes=attributes,
        memberships=tuple(memberships),
        settings=_read_settings(connection, oid),
        owns_objects_in=tuple(str(row[0]) for row in connection.execute(_OWNS_OBJECTS_IN, [oid])),
    )


def _read_settings(connection: Connection, oid: int) -> dict[Setting, str]:
    """Return the settings of the role with this oid; with 0, the defaults of every role."""
    rows = connection.execute(_SETTINGS, [oid])
    return {(None if row[0] is None else str(row[0]), str(row[1])): str(row[2]) for row in rows}
