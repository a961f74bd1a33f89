"""The changes that are still due until a PostgreSQL role is the clone of another."""

import re
import string
from collections.abc import Iterator
from typing import LiteralString

from psycopg import sql

from rotators.postgres.changes import MEMBERSHIPS_HAVE_OPTIONS, Change, grant_of_admin_rights
from rotators.postgres.connection import Connection
from rotators.postgres.roles import ROLE, Role, RolePair, Setting

# By the column of pg_roles. INHERIT is not copied: the clone has the original's rights by
# inheritance, and the original's INHERIT still decides what those are.
ATTRIBUTES: dict[str, LiteralString] = {
    "rolcanlogin": "LOGIN",
    "rolcreatedb": "CREATEDB",
    "rolcreaterole": "CREATEROLE",
    "rolreplication": "REPLICATION",
    "rolbypassrls": "BYPASSRLS",
    "rolsuper": "SUPERUSER",
}
# Lists of identifiers, which the server quotes one by one (pg_dump: variable_is_guc_list_quote).
_LIST_PARAMETERS = {
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
}
_LIST_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)')
# As the server does with unquoted names in UTF-8: letters beyond ASCII stay as they are.
_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def role_creation(connection: Connection, clone: str) -> Change:
    """Return the change that creates the role, without a password: nobody can log in yet."""
    return Change(
        f"the role {clone!r}, which is to be created",
        sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(clone)),
        sql.SQL("ALTER ROLE {} CREATEROLE").format(sql.Identifier(connection.info.user)),
    )


def membership_in_original(connection: Connection, pair: RolePair) -> list[Change]:
    """Return the grant by which the clone has the original's rights and may act as it.

    Returns an empty list where the clone has that membership.
    """
    original, clone, admin = pair.original, pair.clone, connection.info.user
    if any(m.role == original.name and m.inherit and m.set for m in clone.memberships):
        return []
    options: LiteralString = ""
    if connection.info.server_version >= MEMBERSHIPS_HAVE_OPTIONS:
        options = " WITH INHERIT TRUE, SET TRUE"
    if_denied: sql.Composed | str = grant_of_admin_rights(connection, original.name)
    if original.attributes["rolsuper"]:
        if_denied = sql.SQL("ALTER ROLE {} SUPERUSER").format(sql.Identifier(admin))
    elif original.name == admin:
        if_denied = "no role grants itself: let 'masterarn' name the secret of another admin"
    grant = sql.SQL("GRANT {} TO {}" + options).format(
        sql.Identifier(original.name), sql.Identifier(clone.name)
    )
    return [Change(f"the membership of {clone.name!r} in {original.name!r}", grant, if_denied)]


def due_changes(connection: Connection, pair: RolePair) -> list[Change]:
    """Return the changes that make the clone what its original is now, in the order to run them.

    Returns an empty list where it is that already.
    """
    original, clone = pair.original, pair.clone
    return [
        *membership_in_original(connection, pair),
        *_attribute_changes(original, clone),
        *_limit_changes(original, clone),
        *_setting_changes(connection, pair),
        *_surplus_memberships(connection, original, clone),
    ]


def _attribute_changes(original: Role, clone: Role) -> Iterator[Change]:
    # Only what differs: an admin without the attribute may not even say NOSUPERUSER.
    wanted = {column: original.attributes[column] for column in ATTRIBUTES}
    for column, value in {**wanted, "rolinherit": True}.items():
        if clone.attributes[column] != value:
            word = ATTRIBUTES.get(column, "INHERIT")
            statement = sql.SQL("ALTER ROLE {} " + (word if value else "NO" + word)).format(
                sql.Identifier(clone.name)
            )
            yield Change(f"{word} of {clone.name!r}", statement)


def _limit_changes(original: Role, clone: Role) -> Iterator[Change]:
    for column, words in (("rolconnlimit", "CONNECTION LIMIT"), ("rolvaliduntil", "VALID UNTIL")):
        value = original.attributes[column]
        if clone.attributes[column] != value:
            statement = sql.SQL("ALTER ROLE {} {} {}").format(
                sql.Identifier(clone.name), sql.SQL(words), sql.Literal(value)
            )
            yield Change(f"{words} of {clone.name!r}", statement)


def _setting_changes(connection: Connection, pair: RolePair) -> Iterator[Change]:
    present, wanted = pair.clone.settings, pair.wanted_settings()
    for setting in present:
        if setting not in wanted:
            yield _setting_change(connection, pair.clone.name, setting, [])
    for setting, value in wanted.items():
        items = _list_items(setting, value)
        if setting not in present or items != _list_items(setting, present[setting]):
            yield _setting_change(connection, pair.clone.name, setting, items)


def _list_items(setting: Setting, value: str) -> list[str]:
    """Return the items of a parameter that is a list, without quotes; otherwise the one value."""
    if setting[1] not in _LIST_PARAMETERS:
        return [value]
    found = _LIST_ITEM.findall(value)
    return [
        bare.translate(_TO_LOWER) if bare else quoted.replace('""', '"') for quoted, bare in found
    ] or [""]


def _setting_change(
    connection: Connection, clone: str, setting: Setting, items: list[str]
) -> Change:
    """Return the change that sets it to these items, or that resets it where there are none."""
    database, parameter = setting
    name = sql.Identifier(parameter)  # one with a dot in it too
    statement = sql.SQL("ALTER ROLE {}").format(sql.Identifier(clone))
    if database is not None:
        statement += sql.SQL(" IN DATABASE {}").format(sql.Identifier(database))
    if items:
        values = sql.SQL(", ").join(map(sql.Literal, items))
        statement += sql.SQL(" SET {} TO {}").format(name, values)
    else:
        statement += sql.SQL(" RESET {}").format(name)
    admin = sql.Identifier(connection.info.user)
    if_denied = sql.SQL("GRANT SET ON PARAMETER {} TO {}").format(name, admin)
    if parameter == ROLE and items:  # older servers ask the admin to be a member itself
        if_denied = sql.SQL("GRANT {} TO {}").format(sql.Identifier(items[0]), admin)
    return Change(
        f"the setting {parameter!r} of {clone!r}",
        statement,
        if_denied,
        if_invalid=f"correct the setting {parameter!r} of its original, or reset it",
    )


def _surplus_memberships(connection: Connection, original: Role, clone: Role) -> Iterator[Change]:
    """Yield what leaves the clone one membership, in its original, which it may not administer."""
    have_options = connection.info.server_version >= MEMBERSHIPS_HAVE_OPTIONS
    for membership in clone.memberships:
        in_original = membership.role == original.name
        if in_original and not membership.admin:
            continue
        revoke = "REVOKE ADMIN OPTION FOR {} FROM {}" if in_original else "REVOKE {} FROM {}"
        statement = sql.SQL(revoke).format(
            sql.Identifier(membership.role), sql.Identifier(clone.name)
        )
        if have_options:  # otherwise the server revokes what this admin granted, if anything
            statement += sql.SQL(" GRANTED BY {}").format(sql.Identifier(membership.grantor))
        yield Change(f"the membership of {clone.name!r} in {membership.role!r}", statement)
