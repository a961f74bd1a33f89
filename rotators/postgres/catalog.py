"""Reading PostgreSQL roles from the catalogs that everybody may read, by one message."""

from collections import defaultdict
from collections.abc import Iterable

from psycopg import sql
from psycopg.rows import DictRow, dict_row

from rotators.postgres.connection import Connection
from rotators.postgres.rights import has_options
from rotators.postgres.roles import MARK, Membership, Role, RolePair, Setting
from shared.credentials import CLONE
from shared.errors import TargetMismatch

# With few types, functions and catalogs: a session that is new reads about each of them first.
_ROLES = (
    "SELECT oid AS of, rolname, rolcanlogin, rolinherit, rolcreatedb, rolcreaterole,"
    " rolreplication, rolbypassrls, rolsuper, rolconnlimit,"
    # Not in the session's date style or time zone: the clone is given the very same text.
    " CASE WHEN isfinite(rolvaliduntil)"
    " THEN to_char(rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"
    " ELSE coalesce(rolvaliduntil::text, 'infinity') END AS rolvaliduntil"
    " FROM pg_roles WHERE oid IN ({roles})"
)
_MEMBERSHIPS = (
    "SELECT member AS of, pg_get_userbyid(roleid) AS role, pg_get_userbyid(grantor) AS grantor,"
    " admin_option AS admin, {inherit} AS inherit, {set} AS set"
    " FROM pg_auth_members WHERE member IN ({roles}) ORDER BY 2, 3"
)
# Before PostgreSQL 16 a membership has only one option, ADMIN.
_NO_OPTIONS = {"inherit": sql.SQL("true"), "set": sql.SQL("true")}
_OPTIONS = {"inherit": sql.SQL("inherit_option"), "set": sql.SQL("set_option")}
# 0 is in place of a role's oid, where a setting is a default for all.
_SETTINGS = (
    "SELECT s.setrole AS of, d.datname AS database, s.setconfig AS entries"
    " FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase"
    " WHERE s.setrole IN (0, {roles}) AND (s.setdatabase = 0 OR d.oid > 0)"
)
# Neither temporary tables, which end with their session, nor default privileges and user mappings,
# which are no objects with an owner.
_OWNS_OBJECTS_IN = (
    "SELECT DISTINCT s.refobjid AS of, coalesce(d.datname, current_database()) AS database"
    " FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid"
    " WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid IN ({roles}) AND s.deptype = 'o'"
    " AND s.classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)"
    " AND NOT (s.classid = 'pg_class'::regclass AND d.datname = current_database()"
    " AND EXISTS (SELECT FROM pg_class c WHERE c.oid = s.objid AND c.relpersistence = 't'))"
    " ORDER BY 2"
)
# One message: see transactions.py.
_ALL_OF_ROLES = sql.SQL(f"{_ROLES}; {_MEMBERSHIPS}; {_SETTINGS}; {_OWNS_OBJECTS_IN}")


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
    found, defaults = _read_roles(connection, logged_in, twin)
    logged_in_role, twin_role = found.get(logged_in), found.get(twin)
    if logged_in_role is None:
        raise TargetMismatch(
            f"the admin's server does not know the role {logged_in!r}, so it is another one",
            do="correct 'masterarn', or 'host' in one of the secrets",
            field="masterarn",
        )
    if twin_role is None:
        return None
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


def _read_roles(connection: Connection, *names: str) -> tuple[dict[str, Role], dict[Setting, str]]:
    """Return the roles that there are, by name, and the settings that are defaults for all."""
    quoted = (sql.Identifier(name).as_string(connection) for name in names)
    roles = sql.SQL(", ").join(sql.SQL("to_regrole({})").format(name) for name in quoted)
    options = _OPTIONS if has_options(connection) else _NO_OPTIONS
    message = _ALL_OF_ROLES.format(roles=roles, **options)
    results = connection.cursor(row_factory=dict_row).execute(message).results()
    attributes, memberships, settings, owning = map(_by_role, results)
    found = [
        Role(
            name=str(row.pop("rolname")),
            oid=oid,
            attributes=row,
            memberships=tuple(Membership(**each) for each in memberships[oid]),
            settings=_by_setting(settings[oid]),
            owns_objects_in=tuple(str(each["database"]) for each in owning[oid]),
        )
        for oid, (row,) in attributes.items()
    ]
    return {role.name: role for role in found}, _by_setting(settings[0])


def _by_role(rows: Iterable[DictRow]) -> defaultdict[int, list[DictRow]]:
    """Return the rows by the oid that they are of."""
    found: defaultdict[int, list[DictRow]] = defaultdict(list)
    for row in rows:
        found[row.pop("of")].append(row)
    return found


def _by_setting(rows: Iterable[DictRow]) -> dict[Setting, str]:
    split = [(row["database"], *entry.partition("=")) for row in rows for entry in row["entries"]]
    return {(database, name): value for database, name, _, value in split}
