"""The changes that are still due until a PostgreSQL role is the clone of another."""

from collections.abc import Iterator
from functools import partial
from typing import LiteralString

from psycopg import sql

from rotators.postgres.changes import Change, Remedy
from rotators.postgres.connection import Connection
from rotators.postgres.rights import (
    admin_rights,
    full_membership,
    grant_of_attribute,
    has_options,
)
from rotators.postgres.roles import RolePair
from rotators.postgres.settings import setting_changes

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


def role_creation(clone: str) -> Change:
    """Return the change that creates the role, without a password: nobody can log in yet."""
    return Change(
        f"the role {clone!r}, which is to be created",
        sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(clone)),
        lambda by: (grant_of_attribute(by, "CREATEROLE"),),
    )


def membership_in_original(connection: Connection, pair: RolePair) -> list[Change]:
    """Return the grant by which the clone has the original's rights and may act as it.

    Returns an empty list where the clone has that membership.
    """
    original, clone = pair.original, pair.clone
    if any(m.role == original.name and m.inherit and m.set for m in clone.memberships):
        return []
    if_denied: Remedy = _rights_over(pair)
    if original.name == connection.info.user and not original.attributes["rolsuper"]:
        if_denied = "no role grants itself: let 'masterarn' name the secret of another admin"
    grant = grant_of_original(connection, original.name, clone.name)
    return [Change(f"the membership of {clone.name!r} in {original.name!r}", grant, if_denied)]


def grant_of_original(connection: Connection, original: str, clone: str) -> sql.Composed:
    """Return the grant by which the clone has the original's rights and may act as it."""
    return sql.SQL("GRANT {} TO {}" + full_membership(connection)).format(
        sql.Identifier(original), sql.Identifier(clone)
    )


def due_changes(connection: Connection, pair: RolePair) -> list[Change]:
    """Return the changes that make the clone what its original is now, in the order to run them.

    Returns an empty list where it is that already.
    """
    return [
        *membership_in_original(connection, pair),
        *_attribute_changes(pair),
        *_limit_changes(pair),
        *setting_changes(pair),
        *_surplus_memberships(connection, pair),
    ]


def _rights_over(pair: RolePair) -> Remedy:
    return lambda by: admin_rights(by, *pair.names)


def _attribute_changes(pair: RolePair) -> Iterator[Change]:
    # Only what differs: an admin without the attribute may not even say NOSUPERUSER.
    clone = pair.clone
    wanted = {column: pair.original.attributes[column] for column in ATTRIBUTES}
    for column, value in {**wanted, "rolinherit": True}.items():
        if clone.attributes[column] != value:
            word = ATTRIBUTES.get(column, "INHERIT")
            statement = sql.SQL("ALTER ROLE {} " + (word if value else "NO" + word)).format(
                sql.Identifier(clone.name)
            )
            if_denied = partial(_attribute_rights, pair, word, statement)
            yield Change(f"{word} of {clone.name!r}", statement, if_denied)


def _attribute_rights(
    pair: RolePair, word: LiteralString, statement: sql.Composed, by: Connection
) -> tuple[sql.Composed, ...]:
    rights = admin_rights(by, *pair.names)
    if word in {"LOGIN", "INHERIT"}:
        return rights
    if word == "BYPASSRLS" and not has_options(by):  # only a superuser may, and only once
        return (*rights, *_bypassing(pair, statement, by))
    if word == "REPLICATION" and not has_options(by):
        word = "SUPERUSER"  # which then goes for every change of the role
    return (*rights, grant_of_attribute(by, word))


def _bypassing(pair: RolePair, statement: sql.Composed, by: Connection) -> tuple[sql.Composed, ...]:
    """Return the SQL for the clone itself; a new one is not there any more when it is run."""
    if not pair.is_new:
        return (statement,)
    clone, original = sql.Identifier(pair.clone.name), sql.Literal(pair.original.name)
    return (
        sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS").format(clone),
        grant_of_original(by, pair.original.name, pair.clone.name),
        sql.SQL("ALTER ROLE {} SET role = {}").format(clone, original),
    )


def _limit_changes(pair: RolePair) -> Iterator[Change]:
    clone = pair.clone
    for column, words in (("rolconnlimit", "CONNECTION LIMIT"), ("rolvaliduntil", "VALID UNTIL")):
        value = pair.original.attributes[column]
        if clone.attributes[column] != value:
            statement = sql.SQL("ALTER ROLE {} {} {}").format(
                sql.Identifier(clone.name), sql.SQL(words), sql.Literal(value)
            )
            yield Change(f"{words} of {clone.name!r}", statement, _rights_over(pair))


def _surplus_memberships(connection: Connection, pair: RolePair) -> Iterator[Change]:
    """Yield what leaves the clone one membership, in its original, which it may not administer."""
    clone = pair.clone
    for membership in clone.memberships:
        in_original = membership.role == pair.original.name
        if in_original and not membership.admin:
            continue
        revoke = "REVOKE ADMIN OPTION FOR {} FROM {}" if in_original else "REVOKE {} FROM {}"
        statement = sql.SQL(revoke).format(
            sql.Identifier(membership.role), sql.Identifier(clone.name)
        )
        if has_options(connection):  # otherwise the server revokes what this admin granted, if any
            statement += sql.SQL(" GRANTED BY {}").format(sql.Identifier(membership.grantor))
        what = f"the membership of {clone.name!r} in {membership.role!r}"
        yield Change(what, statement, partial(_membership_rights, pair, statement))


def _membership_rights(
    pair: RolePair, statement: sql.Composed, by: Connection
) -> tuple[sql.Composed, ...]:
    return (*admin_rights(by, *pair.names), statement)
