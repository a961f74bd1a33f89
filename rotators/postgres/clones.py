"""What makes a PostgreSQL role the exact clone of another: the statements that are still due."""

import re
import string
from collections.abc import Iterator
from typing import LiteralString, NamedTuple

import psycopg
from psycopg import sql

from rotators.postgres.roles import ROLE, Connection, Pair, Role, Setting
from shared.errors import Forbidden, Misconfigured

# By the column of pg_roles. INHERIT is not the original's: the clone has its rights by
# inheritance, and the original's own attribute still decides what those are.
ATTRIBUTES: dict[str, LiteralString] = {
    "rolcanlogin": "LOGIN",
    "rolcreatedb": "CREATEDB",
    "rolcreaterole": "CREATEROLE",
    "rolreplication": "REPLICATION",
    "rolbypassrls": "BYPASSRLS",
    "rolsuper": "SUPERUSER",
}
# Lists of identifiers, which the server quotes one by one (pg_dump: variable_is_guc_list_quote).
_LISTS = {
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
}
_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)')
# What the server does to names without quotes, in UTF-8: other letters stay.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
MEMBERSHIPS_HAVE_OPTIONS = 160000  # since this server version


class Change(NamedTuple):
    """A statement that makes the clone more like its original.

    what: in a message. remedy: SQL for where the admin may not run it; advice: where no SQL is
    the remedy. wrong: what to do where the server finds the value wrong, which the original has
    as well.
    """

    what: str
    statement: sql.Composed
    remedy: sql.Composed
    wrong: str = ""
    advice: str = ""

    def run(self, connection: Connection) -> None:
        """Raises Forbidden or Misconfigured with the remedy."""
        remedy = self.remedy.as_string(connection)
        problem: Forbidden | Misconfigured
        try:
            connection.execute(self.statement)
        except psycopg.errors.InsufficientPrivilege:
            problem = Forbidden(
                f"{connection.info.user!r} may not change {self.what} (SQLSTATE 42501)",
                do=self.advice or f"as a role that may: {remedy}",
            )
        except (psycopg.errors.InvalidParameterValue, psycopg.errors.UndefinedObject) as error:
            if not self.wrong:
                raise
            problem = Misconfigured(
                f"the server refuses to change {self.what} (SQLSTATE {error.sqlstate})",
                do=self.wrong,
            )
        else:
            return
        raise problem  # outside the handler: psycopg's text may quote the SQL


def authority(connection: Connection, role: str) -> sql.Composed:
    """What an admin needs to change a role's password or grant the role."""
    options: LiteralString = "WITH ADMIN OPTION"
    if connection.info.server_version >= MEMBERSHIPS_HAVE_OPTIONS:
        options = "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"  # and nothing that it may do
    return sql.SQL("ALTER ROLE {admin} CREATEROLE; GRANT {role} TO {admin} " + options).format(
        admin=sql.Identifier(connection.info.user), role=sql.Identifier(role)
    )


def create(connection: Connection, clone: str) -> Change:
    """Without a password nobody can log in yet."""
    return Change(
        f"the role {clone!r}, which is to be created",
        sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(clone)),
        sql.SQL("ALTER ROLE {} CREATEROLE").format(sql.Identifier(connection.info.user)),
    )


def link(connection: Connection, pair: Pair) -> Iterator[Change]:
    """The membership by which the clone has the original's rights and may act as it."""
    original, clone, admin = pair.original, pair.clone, connection.info.user
    if any(m.role == original.name and m.inherit and m.set for m in clone.memberships):
        return
    options: LiteralString = ""
    if connection.info.server_version >= MEMBERSHIPS_HAVE_OPTIONS:
        options = " WITH INHERIT TRUE, SET TRUE"
    remedy, advice = authority(connection, original.name), ""
    if original.attributes["rolsuper"]:
        remedy = sql.SQL("ALTER ROLE {} SUPERUSER").format(sql.Identifier(admin))
    elif original.name == admin:
        advice = "no role grants itself: let 'masterarn' name the secret of another admin"
    yield Change(
        f"the membership of {clone.name!r} in {original.name!r}",
        sql.SQL("GRANT {} TO {}" + options).format(
            sql.Identifier(original.name), sql.Identifier(clone.name)
        ),
        remedy,
        advice=advice,
    )


def changes(connection: Connection, pair: Pair) -> list[Change]:
    """What the pair's clone still lacks or has too much of, in the order to make it so."""
    original, clone = pair.original, pair.clone
    return [
        *link(connection, pair),
        *_attributes(original, clone),
        *_limits(original, clone),
        *_settings(connection, pair),
        *_surplus(connection, original, clone),
    ]


def _attributes(original: Role, clone: Role) -> Iterator[Change]:
    # Only by difference: without the attribute itself, an admin may not even say NOSUPERUSER.
    wanted = {column: original.attributes[column] for column in ATTRIBUTES}
    for column, value in {**wanted, "rolinherit": True}.items():
        if clone.attributes[column] != value:
            word = ATTRIBUTES.get(column, "INHERIT")
            text = word if value else "NO" + word
            yield _plain(f"{word} of {clone.name!r}", "ALTER ROLE {} " + text, clone.name)


def _limits(original: Role, clone: Role) -> Iterator[Change]:
    for column, words in (("rolconnlimit", "CONNECTION LIMIT"), ("rolvaliduntil", "VALID UNTIL")):
        value = original.attributes[column]
        if clone.attributes[column] != value:
            statement = sql.SQL("ALTER ROLE {} {} {}").format(
                sql.Identifier(clone.name), sql.SQL(words), sql.Literal(value)
            )
            yield Change(f"{words} of {clone.name!r}", statement, statement)


def _settings(connection: Connection, pair: Pair) -> Iterator[Change]:
    clone, wanted = pair.clone, pair.settings()
    for setting in clone.settings:
        if setting not in wanted:
            yield _setting(connection, clone.name, setting, [])
    for setting, value in wanted.items():
        items = _items(setting, value)
        if setting not in clone.settings or items != _items(setting, clone.settings[setting]):
            yield _setting(connection, clone.name, setting, items)


def _items(setting: Setting, value: str) -> list[str]:
    if setting[1] not in _LISTS:
        return [value]
    found = _ITEM.findall(value)
    return [
        bare.translate(_LOWER) if bare else quoted.replace('""', '"') for quoted, bare in found
    ] or [""]


def _setting(connection: Connection, clone: str, setting: Setting, items: list[str]) -> Change:
    database, parameter = setting
    name = sql.Identifier(parameter)  # one with a dot in it too
    whose = sql.SQL("ALTER ROLE {}").format(sql.Identifier(clone))
    if database is not None:
        whose += sql.SQL(" IN DATABASE {}").format(sql.Identifier(database))
    change = sql.SQL(" RESET {}").format(name)
    if items:
        values = sql.SQL(", ").join(map(sql.Literal, items))
        change = sql.SQL(" SET {} TO {}").format(name, values)
    admin = sql.Identifier(connection.info.user)
    remedy = sql.SQL("GRANT SET ON PARAMETER {} TO {}").format(name, admin)
    if parameter == ROLE and items:  # older servers ask the admin to be a member itself
        remedy = sql.SQL("GRANT {} TO {}").format(sql.Identifier(items[0]), admin)
    return Change(
        f"the setting {parameter!r} of {clone!r}",
        whose + change,
        remedy,
        wrong=f"correct the setting {parameter!r} of its original, or reset it",
    )


def _surplus(connection: Connection, original: Role, clone: Role) -> Iterator[Change]:
    optional = connection.info.server_version >= MEMBERSHIPS_HAVE_OPTIONS
    for each in clone.memberships:
        mine = each.role == original.name
        if mine and not each.admin:
            continue
        revoke = "REVOKE ADMIN OPTION FOR {} FROM {}" if mine else "REVOKE {} FROM {}"
        statement = sql.SQL(revoke).format(sql.Identifier(each.role), sql.Identifier(clone.name))
        if optional:  # otherwise the server revokes what this admin granted, if anything
            statement += sql.SQL(" GRANTED BY {}").format(sql.Identifier(each.grantor))
        yield Change(f"the membership of {clone.name!r} in {each.role!r}", statement, statement)


def _plain(what: str, statement: LiteralString, name: str) -> Change:
    composed = sql.SQL(statement).format(sql.Identifier(name))
    return Change(what, composed, composed)
