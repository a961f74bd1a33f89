"""The SQL that gives a PostgreSQL admin the rights which it lacks, and no others."""

from typing import LiteralString, NamedTuple

from psycopg import sql
from psycopg.rows import class_row

from rotators.postgres.connection import Connection

MEMBERSHIPS_HAVE_OPTIONS = 160000  # since this server version
_PARAMETERS_HAVE_GRANTS = 150000

_SELF = (
    "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
    " FROM pg_roles WHERE rolname = current_user"
)
# Of an earlier grant, what it lets the admin do is kept: a GRANT sets every option.
_HELD = (
    "SELECT r.rolname AS name, r.rolsuper AS is_superuser, r.rolreplication AS is_replication,"
    " pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION') AS is_administered,"
    " coalesce(bool_or((to_jsonb(m) ->> 'inherit_option')::bool), false) AS inherit,"
    " coalesce(bool_or((to_jsonb(m) ->> 'set_option')::bool), false) AS set"
    " FROM pg_roles r LEFT JOIN pg_auth_members m ON m.roleid = r.oid"
    " AND m.member = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    " WHERE r.rolname::text = ANY(%s) GROUP BY r.oid, r.rolname, r.rolsuper, r.rolreplication"
    " ORDER BY r.rolname"
)
_IS_FOR_SUPERUSERS = (
    "SELECT coalesce(bool_or(context IN ('superuser', 'superuser-backend')), true)"
    " FROM pg_settings WHERE name = lower(%s)"
)


class _Held(NamedTuple):
    name: str
    is_superuser: bool
    is_replication: bool
    is_administered: bool
    inherit: bool
    set: bool


def has_options(connection: Connection) -> bool:
    """Whether a membership has the options INHERIT and SET on this server."""
    return connection.info.server_version >= MEMBERSHIPS_HAVE_OPTIONS


def full_membership(connection: Connection) -> LiteralString:
    """Return the end of a GRANT by which a member has the role's rights and may act as it."""
    return " WITH INHERIT TRUE, SET TRUE" if has_options(connection) else ""


def admin_rights(connection: Connection, *roles: str) -> tuple[sql.Composed, ...]:
    """Return what this session's role lacks to change these roles' passwords, or to grant them.

    Nothing of a role that is not there. Empty where it lacks nothing that is known here.
    """
    is_superuser, may_create, *_ = connection.execute(_SELF).fetchall()[0]
    if is_superuser:
        return ()
    held = connection.cursor(row_factory=class_row(_Held)).execute(_HELD, [list(roles)]).fetchall()
    options = has_options(connection)
    if any(each.is_superuser or (each.is_replication and not options) for each in held):
        return (grant_of_attribute(connection, "SUPERUSER"),)
    rights = [] if may_create else [grant_of_attribute(connection, "CREATEROLE")]
    me = connection.info.user
    for each in held:
        if options and each.name != me and not each.is_administered:
            words: LiteralString = (
                "GRANT {} TO {} WITH ADMIN TRUE"
                + (", INHERIT TRUE" if each.inherit else ", INHERIT FALSE")
                + (", SET TRUE" if each.set else ", SET FALSE")
            )
            rights.append(sql.SQL(words).format(sql.Identifier(each.name), sql.Identifier(me)))
    return tuple(rights)


def grant_of_attribute(connection: Connection, word: LiteralString) -> sql.Composed:
    """Return the SQL that gives this session's role the attribute."""
    return sql.SQL("ALTER ROLE {} " + word).format(sql.Identifier(connection.info.user))


def parameter_rights(connection: Connection, parameter: str) -> tuple[sql.Composed, ...]:
    """Return what this session's role lacks to set the parameter for another role."""
    if not connection.execute(_IS_FOR_SUPERUSERS, [parameter]).fetchall()[0][0]:
        return ()
    if connection.info.server_version < _PARAMETERS_HAVE_GRANTS:
        return (grant_of_attribute(connection, "SUPERUSER"),)
    name, me = sql.Identifier(parameter), sql.Identifier(connection.info.user)
    return (sql.SQL("GRANT SET ON PARAMETER {} TO {}").format(name, me),)
