"""Two PostgreSQL roles that alternate, as the catalogs that everybody may read show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row, dict_row

from shared.credentials import CLONE
from shared.errors import TargetMismatch

Connection = psycopg.Connection[tuple[object, ...]]
Setting = tuple[str | None, str]  # the database it is for, None for every one; the parameter
ROLE = "role"  # the parameter that says which role a session acts as
GENERAL: Setting = (None, ROLE)
# What a clone that cannot have its original as the former has instead; nobody logs in there.
MARK: Setting = ("template0", ROLE)

# For the transaction, so that nobody's own operators are found before the server's, nor tables
# that a pooler's session was left with: unless named, pg_temp is searched first.
_SAFE = "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)"
_ROLES = (
    "SELECT oid::int8, rolname, rolcanlogin, rolinherit, rolcreatedb, rolcreaterole,"
    " rolreplication, rolbypassrls, rolsuper, rolconnlimit,"
    # Not in the session's own style or zone: the value goes back as it is.
    " CASE WHEN isfinite(rolvaliduntil)"
    " THEN to_char(rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"
    " ELSE coalesce(rolvaliduntil::text, 'infinity') END AS rolvaliduntil"
    " FROM pg_roles WHERE rolname::text = ANY(%s)"
)
# Before PostgreSQL 16 a membership has no options of its own.
_MEMBERSHIPS = (
    "SELECT of.rolname AS role, coalesce(by.rolname, '') AS grantor, m.admin_option AS admin,"
    " coalesce((to_jsonb(m) ->> 'inherit_option')::bool, true) AS inherit,"
    " coalesce((to_jsonb(m) ->> 'set_option')::bool, true) AS set"
    " FROM pg_auth_members m JOIN pg_roles of ON of.oid = m.roleid"
    " LEFT JOIN pg_roles by ON by.oid = m.grantor WHERE m.member = %s ORDER BY 1, 2"
)
_SETTINGS = (
    "SELECT d.datname, split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1)"
    " FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase,"
    " unnest(s.setconfig) AS entry WHERE s.setrole = %s AND (s.setdatabase = 0 OR d.oid > 0)"
)
# Temporary tables end with their session; the last two are not objects that have an owner.
_OWNED = (
    "SELECT DISTINCT coalesce(d.datname, current_database())"
    " FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid"
    " WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = %s AND s.deptype = 'o'"
    " AND s.classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)"
    " AND NOT (s.classid = 'pg_class'::regclass AND d.datname = current_database()"
    " AND EXISTS (SELECT FROM pg_class c WHERE c.oid = s.objid AND c.relpersistence = 't'))"
    " ORDER BY 1"
)


class Membership(NamedTuple):
    """One grant of a role; two grantors make two of them."""

    role: str
    grantor: str
    admin: bool
    inherit: bool
    set: bool


@dataclass(frozen=True, slots=True)
class Role:
    """A role; `attributes` by the column of pg_roles, `owns` the databases it has objects in."""

    name: str
    oid: int
    attributes: Mapping[str, Any]
    memberships: tuple[Membership, ...]
    settings: Mapping[Setting, str]
    owns: tuple[str, ...]

    def belongs_to(self, name: str) -> bool:
        """Whether it is a direct member to any effect.

        Who creates a role is its member too, only to administer it.
        """
        return any(m.role == name and (m.inherit or m.set) for m in self.memberships)

    def may_act_as(self, name: str) -> bool:
        """Whether SET ROLE is granted to it, so that it may do all that the other may."""
        return any(m.role == name and m.set for m in self.memberships)


@dataclass(frozen=True, slots=True)
class Pair:
    """An original and its clone; `everyone` are the databases' settings."""

    original: Role
    clone: Role
    everyone: Mapping[Setting, str]

    def proven_to(self, me: str) -> bool:
        """Whether the server shows that who logs in as `me` may decide about the other.

        Who controls the original decides who its members are, so that a role is its clone is
        shown only by what the clone itself, or its admin, must have said: that it acts as it.
        """
        original = self.original.name
        if self.clone.name == me:
            return self.clone.may_act_as(original)
        said = [self.clone.settings.get(setting) for setting in (GENERAL, MARK)]
        return self.clone.belongs_to(original) and original in said

    @property
    def acts(self) -> bool:
        """Whether the clone has been made to act as somebody."""
        return GENERAL in self.clone.settings

    def settings(self) -> dict[Setting, str]:
        """What the clone's are to be: the original's, and the role to act as.

        One that has objects of its own, from the days when it acted as itself, must not lose
        them: it goes on until they have been handed over, when it is the one in use.
        """
        wanted = dict(self.original.settings)
        if GENERAL not in wanted:
            # A database's own would give way to the clone's, but goes before the original's none.
            roles = {key: value for key, value in self.everyone.items() if key[1] == ROLE}
            wanted = {GENERAL: self.original.name, **roles, **wanted}
        own = self.original.name
        if self.clone.owns and not self.acts:
            wanted = {key: value for key, value in wanted.items() if key[1] != ROLE}
        wanted = {k: own if k[1] == ROLE and v == "none" else v for k, v in wanted.items()}
        return wanted if wanted.get(GENERAL) == own else {**wanted, MARK: own}


def read_pair(connection: Connection, me: str, twin: str, *, made: bool = False) -> Pair | None:
    """The two roles, read in the caller's transaction; `me` is the one that logged in.

    A member of the other is its clone, or what was just `made` as such; without membership, the
    one named so. None where there is no `twin`. Raises TargetMismatch where `me` is not known here.
    """
    connection.execute(_SAFE)
    mine, other = (_read(connection, name) for name in (me, twin))
    if mine is None:
        raise TargetMismatch(
            f"the admin's server does not know the role {me!r}, so it is another one",
            do="correct 'masterarn', or 'host' in one of the secrets",
            field="masterarn",
        )
    if other is None:
        return None
    everyone = _settings(connection, 0)
    if made or other.belongs_to(me):
        return Pair(mine, other, everyone)
    if mine.belongs_to(twin) or twin + CLONE == me:
        return Pair(other, mine, everyone)
    return Pair(mine, other, everyone)


def _read(connection: Connection, name: str) -> Role | None:
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
        settings=_settings(connection, oid),
        owns=tuple(str(row[0]) for row in connection.execute(_OWNED, [oid])),
    )


def _settings(connection: Connection, oid: int) -> dict[Setting, str]:
    rows = connection.execute(_SETTINGS, [oid])
    return {(None if row[0] is None else str(row[0]), str(row[1])): str(row[2]) for row in rows}
