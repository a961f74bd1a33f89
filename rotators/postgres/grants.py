"""What is granted to a clone, and to nobody whose rights its original has."""

from collections.abc import Iterator
from typing import LiteralString

from psycopg import sql

from rotators.postgres.connection import Connection
from rotators.postgres.roles import RolePair

# Where an object of this database keeps its grants, and what GRANT calls it.
_OBJECTS: LiteralString = (
    "SELECT relacl, CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || oid::regclass, ''"
    " FROM pg_class WHERE s.classid = 'pg_class'::regclass AND oid = s.objid AND s.objsubid = 0"
    " UNION ALL SELECT attacl, 'TABLE ' || attrelid::regclass, ' (' || quote_ident(attname) || ')'"
    " FROM pg_attribute WHERE s.classid = 'pg_class'::regclass"
    " AND attrelid = s.objid AND attnum = s.objsubid AND s.objsubid <> 0"
    " UNION ALL SELECT nspacl, 'SCHEMA ' || quote_ident(nspname), ''"
    " FROM pg_namespace WHERE s.classid = 'pg_namespace'::regclass AND oid = s.objid"
    " UNION ALL SELECT proacl, 'ROUTINE ' || oid::regprocedure, ''"
    " FROM pg_proc WHERE s.classid = 'pg_proc'::regclass AND oid = s.objid"
    " UNION ALL SELECT typacl, 'TYPE ' || oid::regtype, ''"
    " FROM pg_type WHERE s.classid = 'pg_type'::regclass AND oid = s.objid"
    " UNION ALL SELECT datacl, 'DATABASE ' || quote_ident(datname), ''"
    " FROM pg_database WHERE s.classid = 'pg_database'::regclass AND oid = s.objid"
)
# Of one object, what the clone has and the original does not, also by PUBLIC or by a group of its.
_MISSING: LiteralString = (
    "SELECT string_agg(held.privilege_type || object.columns, ', ' ORDER BY held.privilege_type),"
    " held.is_grantable FROM aclexplode(object.grants) AS held WHERE held.grantee = %(clone)s"
    " AND NOT EXISTS (SELECT FROM aclexplode(object.grants) AS shared"
    " WHERE shared.privilege_type = held.privilege_type"
    " AND (shared.is_grantable OR NOT held.is_grantable)"
    " AND (shared.grantee = 0 OR shared.grantee <> %(clone)s"
    " AND pg_has_role(%(original)s::oid, shared.grantee, 'USAGE'))) GROUP BY held.is_grantable"
)
_REMEDY: LiteralString = (
    "'GRANT ' || missing.privileges || ' ON ' || object.called || ' TO ' || quote_ident(%(name)s)"
    " || CASE WHEN missing.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END"
)
# Of other databases, whose grants cannot be read in this one, all that is granted to the clone.
_GRANTED_TO_CLONE_ALONE = sql.SQL(
    "SELECT DISTINCT CASE WHEN d.datname <> current_database()"
    " THEN 'what it is granted in the database ' || quote_literal(d.datname)"
    " WHEN s.deptype = 'r' OR object.grants IS NULL"
    " THEN 'what it has by ' || pg_describe_object(s.classid, s.objid, s.objsubid)"
    " ELSE {remedy} END FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid"
    " LEFT JOIN LATERAL ({objects}) AS object (grants, called, columns)"
    " ON d.datname IS NULL OR d.datname = current_database()"
    " LEFT JOIN LATERAL ({missing}) AS missing (privileges, is_grantable) ON true"
    " WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = %(clone)s"
    " AND s.deptype IN ('a', 'r') AND s.classid <> 'pg_auth_members'::regclass"
    " AND (s.deptype = 'r' OR object.grants IS NULL OR missing.privileges IS NOT NULL)"
    " ORDER BY 1 LIMIT 5"
).format(remedy=sql.SQL(_REMEDY), objects=sql.SQL(_OBJECTS), missing=sql.SQL(_MISSING))


def grants_of_clone_alone(connection: Connection, pair: RolePair) -> Iterator[str]:
    """Yield the SQL that gives the original each of them; words where no GRANT does."""
    about = {"clone": pair.clone.oid, "original": pair.original.oid, "name": pair.original.name}
    for (remedy,) in connection.execute(_GRANTED_TO_CLONE_ALONE, about):
        yield str(remedy)
