"""Reading PostgreSQL roles from the catalogs that everybody may read."""

from psycopg.rows import class_row, dict_row

from rotators.postgres.connection import Connection
from rotators.postgres.roles import Membership, Role, RolePair, Setting
from shared.credentials import CLONE
from shared.errors import TargetMismatch

# For the transaction, so that the server's operators are found before any user's, and before
# tables that a pooler's session was left with: unless named, pg_temp is searched first.
_SAFE_SEARCH_PATH = "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)"
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

    Who is a member of the other is the clone. If neither is, it is `logged_in` where its name is
    that of the twin's clone, else `twin`. twin_is_new: created in this transaction, as the clone.

    Returns None where there is no `twin`. Raises TargetMismatch where there is no `logged_in`.
    """
    connection.execute(_SAFE_SEARCH_PATH)
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
    twin_as_clone = RolePair(original=logged_in_role, clone=twin_role, defaults=defaults)
    if twin_is_new or twin_role.is_member_of(logged_in):
        return twin_as_clone
    if logged_in_role.is_member_of(twin) or logged_in == twin + CLONE:
        return RolePair(original=twin_role, clone=logged_in_role, defaults=defaults)
    return twin_as_clone


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
